import type { Totals } from './check.ts'

/** How a scenario is to be run. */
export type Plan = {
  readonly seed: string
  /** How often to kill, for those that kill. */
  readonly kills: number
  /** As little as shows the point. */
  readonly isQuick: boolean
  /** Scenarios that kill begin no further round after this, s. */
  readonly seconds: number
  say(line: string): void
}

/** What came out of one. */
export type Outcome = {
  readonly totals: Totals
  readonly violations: readonly string[]
  /** What was seen beside the figures, e.g. by which means a disk was made full. */
  readonly notes: readonly string[]
}

/** One thing that goes wrong around the relay. */
export type Scenario = {
  readonly name: string
  readonly about: string
  /** What the machine lacks for it, in one line; null: it can run. */
  missing?(): string | null
  run(plan: Plan): Promise<Outcome>
}
