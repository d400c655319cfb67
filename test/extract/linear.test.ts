import { expect, test } from 'vitest'
import { extract } from '../../src/extract/read.ts'
import { HOSTILE } from './hostile.ts'
import { htmlMail, mail } from './support.ts'

/** Processor time of the fastest of a few runs, in microseconds: other work on the machine does not count. */
function cost(run: () => void): number {
  const runs = [0, 1, 2].map(() => {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    return user + system
  })
  return Math.min(...runs)
}
/** Eight times the input may take this many times as long; a quadratic reader would take sixty-four times. */
const LIMIT = 40
/** Shorter runs say nothing about growth. */
const MEASURABLE = 20_000

test.each(Object.entries(HOSTILE))('%s: eight times the input, about eight times the work', (_, make) => {
  for (const [kind, small] of [
    [htmlMail, 20_000],
    [htmlMail, 80_000],
    [mail, 20_000],
  ] as const) {
    const [short, long] = [kind(make(small)), kind(make(small * 8))]
    const longer = cost(() => extract(long, null))
    if (longer < MEASURABLE) continue
    expect(longer / cost(() => extract(short, null))).toBeLessThan(LIMIT)
  }
})
