/** Jobs that wait for their turn, a lane for each key; in each lane a few run at a time, in the order they came. */
export type Lanes<Key, Job> = {
  add(key: Key, job: Job): void
  /** How many wait or run. */
  size(): number
  /** Lanes that have as many as may run at once, or more. */
  full(): Key[]
  /** Forgets those that wait; what runs goes on. */
  dropWaiting(): void
  /** Resolves once nothing waits or runs. */
  whenEmpty(): Promise<void>
}

/**
 * @param concurrencyOf how many of a lane may run at once, so that a slow next hop does not hold up the others
 * @param run must not reject
 * @param onRoom told of a lane that was full and is no more
 */
export function makeLanes<Key, Job>(
  concurrencyOf: (key: Key) => number,
  run: (job: Job) => Promise<void>,
  onRoom: (key: Key) => void = () => {},
): Lanes<Key, Job> {
  const lanes = new Map<Key, { waiting: Job[]; running: number }>()
  let size = 0
  let waiters: (() => void)[] = []

  function pump(key: Key): void {
    const lane = lanes.get(key)!
    while (lane.running < concurrencyOf(key) && lane.waiting.length > 0) {
      lane.running += 1
      void run(lane.waiting.shift()!).finally(() => {
        lane.running -= 1
        const left = lane.running + lane.waiting.length
        if (left === concurrencyOf(key) - 1) onRoom(key)
        leave(1)
        if (left === 0) lanes.delete(key)
        else pump(key)
      })
    }
  }
  function leave(count: number): void {
    size -= count
    if (size > 0) return
    const waited = waiters
    waiters = []
    for (const resolve of waited) resolve()
  }
  return {
    add(key, job) {
      if (!lanes.has(key)) lanes.set(key, { waiting: [], running: 0 })
      lanes.get(key)!.waiting.push(job)
      size += 1
      pump(key)
    },
    size: () => size,
    full: () =>
      [...lanes.keys()].filter((key) => {
        const { running, waiting } = lanes.get(key)!
        return running + waiting.length >= concurrencyOf(key)
      }),
    dropWaiting() {
      for (const lane of lanes.values()) leave(lane.waiting.splice(0).length)
    },
    whenEmpty: () => new Promise((resolve) => (size === 0 ? resolve() : waiters.push(resolve))),
  }
}
