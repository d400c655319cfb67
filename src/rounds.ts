/** Work that is done round by round, never two at once. */
export type Rounds = {
  /** Does a round now, or waits for the one that is under way. */
  run(): Promise<void>
  /** Ends early the round that is under way, and begins no other. */
  stop(): Promise<void>
}

export type RoundsOptions = {
  readonly everyMs: number
  /** Told of what a round threw; the next round is another try. */
  readonly onError: (error: unknown) => void
  /** Whether the first round begins at once. */
  readonly atOnce?: boolean
}

/**
 * Does a round every so often. Does not keep the process alive.
 *
 * @param round told whether it is to end early
 */
export function startRounds(
  round: (isStopped: () => boolean) => Promise<unknown>,
  { everyMs, onError, atOnce = false }: RoundsOptions,
): Rounds {
  let running: Promise<unknown> | null = null
  let isStopped = false
  const run = async (): Promise<void> => {
    running ??= round(() => isStopped)
      .catch(onError)
      .finally(() => {
        running = null
      })
    await running
  }
  const timer = setInterval(run, everyMs)
  timer.unref()
  if (atOnce) void run()
  return {
    run,
    async stop() {
      isStopped = true
      clearInterval(timer)
      await running
    },
  }
}
