import { expect, test } from 'vitest'
import type { ReadableMessage } from '../../src/domain/message.ts'
import { extract } from '../../src/extract/read.ts'
import { HOSTILE } from './hostile.ts'
import { htmlMail, mail } from './support.ts'

/**
 * Processor time of the fastest of a few runs, in microseconds: other work on the machine does not count. Each run has an
 * input of its own, as what is remembered of the tags of a short one would not fit for a long one.
 */
function cost(makeMail: () => ReadableMessage): number {
  const runs = [0, 1, 2].map(() => {
    const message = makeMail()
    const before = process.cpuUsage()
    extract(message, null)
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
    // Whatever is measured first finds code that is not compiled for speed yet.
    extract(kind(make(small * 8)), null)
    const shorter = cost(() => kind(make(small)))
    const longer = cost(() => kind(make(small * 8)))
    if (longer < MEASURABLE) continue
    expect(longer / shorter).toBeLessThan(LIMIT)
  }
})
