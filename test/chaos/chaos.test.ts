import { describe, expect, it } from 'vitest'
import { SCENARIOS } from '../../chaos/scenarios/index.ts'

/*
 * A small run of `npm run chaos`: each scenario once, with a handful of kills. What a scenario needs of the machine
 * and does not get is said in a line; as root in CI, where mounting or prlimit works, that is a failure.
 */

const KILLS: Readonly<Record<string, number>> = { kills: 4, 'kill-sweep': 4 }
/** Shown where it can be, required nowhere: containers seldom have loop devices. */
const OPTIONAL = new Set(['slow-disk'])
const mustRun = Boolean(process.env.CI) && process.getuid?.() === 0

/** Most of a scenario is waiting, so two at a time; more would only slow each other down. */
let free = 2
const waiting: (() => void)[] = []
async function takeTurn(): Promise<Disposable> {
  if (free > 0) free -= 1
  else await new Promise<void>((resolve) => waiting.push(resolve))
  return {
    [Symbol.dispose]() {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    },
  }
}

describe.concurrent('what was promised holds', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    { timeout: 180_000 },
    async (name, scenario) => {
      const missing = scenario.missing?.() ?? null
      if (missing !== null) {
        console.log(`${name} was not run: ${missing}`)
        expect(mustRun && !OPTIONAL.has(name)).toBe(false)
        return
      }
      using _turn = await takeTurn()
      const plan = {
        seed: `test ${name}`,
        kills: KILLS[name] ?? 0,
        isQuick: true,
        seconds: 60,
        say: () => {},
      }
      const { totals, violations } = await scenario.run(plan)
      expect(violations).toEqual([])
      expect(totals).toMatchObject({ lost: 0, handedOutTwice: 0, copiesMissing: 0 })
      expect(totals.acknowledged).toBeGreaterThan(0)
    },
  )
})
