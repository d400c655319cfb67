/** Lets loops sleep until there may be something to do. */
export type Bell = {
  /** Wakes all that sleep, and keeps those awake that were about to. */
  ring(): void
  /** Take it before looking for work: a ring after that is not slept through. */
  hear(): number
  /** Until the time is over or the bell rings, or has rung since it was heard. */
  sleep(ms: number, heard: number): Promise<void>
}

/** @param stop once aborted, nobody sleeps */
export function createBell(stop: AbortSignal): Bell {
  let rings = 0
  const sleepers = new Set<() => void>()
  return {
    ring() {
      rings += 1
      for (const wake of [...sleepers]) wake()
    },
    hear: () => rings,
    sleep: (ms, heard) =>
      new Promise((resolve) => {
        if (stop.aborted || rings !== heard) return resolve()
        const wake = (): void => {
          clearTimeout(timer)
          sleepers.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, ms).unref()
        sleepers.add(wake)
      }),
  }
}
