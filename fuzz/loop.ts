import { type Random, seeded } from './random.ts'

/** One thing to be fuzzed, running. */
export type Target = {
  /**
   * Does something unkind and looks at what comes of it.
   *
   * @returns what happened, in a word, to be counted
   * @throws Error when a promise was broken: a finding
   */
  round(random: Random): Promise<string>
  stop(): Promise<void>
}

export type FuzzReport = {
  readonly rounds: number
  readonly counts: Readonly<Record<string, number>>
  /** Each says the round, which `--seed S --round N` does again. */
  readonly findings: readonly string[]
}

export type FuzzOptions = {
  readonly seed: string
  readonly seconds: number
  /** Only this one, to see a finding again. */
  readonly only?: number | undefined
}

/** After so many nothing new is learnt. */
const MOST_FINDINGS = 5

/** Runs rounds until the time is over. What breaks outside of any round, such as a rejection nobody hears, counts too. */
export async function fuzz(target: Target, { seed, seconds, only }: FuzzOptions): Promise<FuzzReport> {
  const counts: Record<string, number> = {}
  const findings: string[] = []
  let round = only ?? 0
  const note = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    findings.push(`seed ${seed} round ${round}: ${text}`)
  }
  process.on('uncaughtException', note).on('unhandledRejection', note)
  const end = performance.now() + seconds * 1000
  try {
    do {
      try {
        const outcome = await target.round(seeded(`${seed}/${round}`))
        counts[outcome] = (counts[outcome] ?? 0) + 1
      } catch (error) {
        note(error)
      }
      round += 1
    } while (only === undefined && findings.length < MOST_FINDINGS && performance.now() < end)
  } finally {
    process.off('uncaughtException', note).off('unhandledRejection', note)
    await target.stop()
  }
  return { rounds: round - (only ?? 0), counts, findings }
}
