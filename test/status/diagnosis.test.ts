import { describe, expect, it } from 'vitest'
import { CAUSES } from '../../src/domain/diagnosis.ts'
import { diagnose } from '../../src/status/diagnosis/diagnose.ts'
import { ARRIVED } from './broken-logins.ts'
import { OTHERWISE } from './broken-logins-elsewhere.ts'
import { setting } from './samples.ts'

const TABLE = [...ARRIVED, ...OTHERWISE]

describe('the class', () => {
  it.each(TABLE)('%s: %s', (_, cause, given) => {
    expect(diagnose(given, setting()).cause).toBe(cause)
  })
  it('is met here, each of them', () => {
    expect(CAUSES.filter((cause) => !TABLE.some(([, met]) => met === cause))).toEqual([])
  })
  it.each(TABLE)('%s: does not hang on the order of the facts', (_, cause, given) => {
    const shuffled = {
      ...given,
      attempts: given.attempts.toReversed(),
      messages: given.messages.toReversed(),
      neighbours: given.neighbours.toReversed(),
    }
    expect(diagnose(shuffled, setting()).cause).toBe(cause)
  })
})

describe('every diagnosis', () => {
  const all = TABLE.map(([what, , given]) => [what, diagnose(given, setting())] as const)

  it.each(all)('%s: has what support and the customer need', (_, diagnosis) => {
    for (const sentence of [diagnosis.summary, diagnosis.fix, diagnosis.customer]) {
      expect(sentence).toMatch(/^[A-Z“].*[.?]$/s)
      expect(sentence).not.toMatch(/undefined|null|NaN|\[object/)
    }
    expect(diagnosis.confidence).toBeGreaterThan(0)
    expect(diagnosis.confidence).toBeLessThanOrEqual(1)
  })
  it.each(all)('%s: tells the customer no machine words', (_, { customer }) => {
    expect(customer).not.toMatch(/DKIM|SPF|DMARC|runner|template|quarantine|[a-z]_[a-z]/)
    expect(customer.length).toBeLessThan(260)
  })
  it.each(all.filter(([, { cause }]) => cause !== 'unknown'))('%s: shows its evidence', (_, { evidence }) => {
    expect(evidence.length).toBeGreaterThan(0)
    expect(evidence.some(({ at }) => at !== null)).toBe(true)
  })
  it.each(all.filter(([, { cause }]) => !['healthy', 'unknown'].includes(cause)))(
    '%s: names a next rung',
    (_, one) => {
      expect(one.nextRung).not.toBeNull()
    },
  )
})
