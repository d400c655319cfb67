import { describe, expect, it } from 'vitest'
import { LADDER_RUNGS, type LadderRung } from '../../src/domain/ladder.ts'
import { type LadderFacts, ladder, nextRung } from '../../src/status/ladder/ladder.ts'
import { GENERAL_ORDER, RUNGS } from '../../src/status/ladder/rungs.ts'
import { setting, utilities } from './samples.ts'

const at = (utility: string, change: Partial<LadderFacts> = {}): LadderFacts => ({
  connection: { utility, mfaMethod: null, inboxAddresses: [] },
  utility: utilities.get(utility),
  hasSmsRelay: true,
  providerOf: setting().providerOf,
  ...change,
})
const rung = (facts: LadderFacts, name: LadderRung) => ladder(facts).find(({ option }) => option === name)!
const recommended = (facts: LadderFacts) =>
  ladder(facts).flatMap(({ option, recommended: yes }) => (yes ? [option] : []))
const failed = {
  cause: 'works_on_and_off',
  remedy: 'another_way',
  summary: 'Codes came for 2 of the last 5.',
} as const

it('the general order is that of the definitions', () => {
  expect(GENERAL_ORDER).toEqual(LADDER_RUNGS)
})

describe.each([...utilities.keys(), 'other'])('at %s', (utility) => {
  const options = ladder(at(utility))
  it('every rung is there once, the utility’s own first', () => {
    expect(options.map(({ option }) => option).sort()).toEqual([...LADDER_RUNGS].sort())
    const own = utilities.get(utility)?.ladder ?? []
    expect(options.slice(0, own.length).map(({ option }) => option)).toEqual(own)
  })
  it('something is recommended, and everything recommended is available', () => {
    expect(options.filter((option) => option.recommended).length).toBeGreaterThan(0)
    expect(options.filter((option) => option.recommended && !option.available)).toEqual([])
  })
  it('what is not available says why, and bills can always be uploaded', () => {
    expect(options.filter(({ available, whyNot }) => available !== (whyNot === null))).toEqual([])
    expect(options.find(({ option }) => option === 'upload_documents')?.available).toBe(true)
  })
  it('a next rung is always there, and it is another', () => {
    for (const method of ['managed_forwarding', 'inbox_forwarding', 'sms', 'automatic'] as const) {
      const connection = { utility, mfaMethod: method, inboxAddresses: [] }
      const next = nextRung(ladder(at(utility, { connection, finding: failed })), method)
      expect(RUNGS[next].method).not.toBe(method)
    }
  })
})

describe('what is recommended', () => {
  it.each<[string, LadderRung[]]>([
    ['con-edison', ['security_questions']],
    ['pge', ['managed_forwarding']],
    ['peco', ['automatic']],
    ['enbridge-gas', ['upload_documents', 'authenticator']],
    ['sandbox-power', ['managed_forwarding']],
    ['other', ['upload_documents']],
  ])('at %s: %s', (utility, rungs) => {
    expect(recommended(at(utility))).toEqual(rungs)
  })
  it('is not what has failed on this connection', () => {
    const connection = { utility: 'duke-energy', mfaMethod: 'managed_forwarding' } as const
    const facts = at('duke-energy', { connection, finding: failed })
    expect(recommended(facts)).toEqual(['disable_mfa'])
    expect(rung(facts, 'managed_forwarding')).toMatchObject({ isCurrent: true, failedHere: failed.summary })
  })
  it('stays what only needs a repair', () => {
    const connection = { utility: 'duke-energy', mfaMethod: 'managed_forwarding' } as const
    const finding = { ...failed, cause: 'retired_address', remedy: 'customer' } as const
    expect(recommended(at('duke-energy', { connection, finding }))).toEqual(['managed_forwarding'])
  })
})

describe('what is available', () => {
  it.each<[string, LadderFacts, LadderRung, boolean, RegExp | null]>([
    ['turning it off where nobody may', at('pge'), 'disable_mfa', false, /PG&E does not let/],
    ['turning it off where one may', at('eweb'), 'disable_mfa', true, null],
    ['texts with the beta', at('sandbox-power'), 'sms', true, null],
    ['texts without', at('sandbox-power', { hasSmsRelay: false }), 'sms', false, /beta/],
    ['an authenticator nobody knows of', at('eweb'), 'authenticator', false, /not known/],
    ['an authenticator where there is none', at('sandbox-power'), 'authenticator', false, /never works with/],
    ['mail that nobody published', at('con-edison'), 'managed_forwarding', true, /not known/],
    [
      'no set-up where codes are asked',
      at('sandbox-power'),
      'automatic',
      false,
      /has to come from somewhere/,
    ],
  ])('%s', (_, facts, name, available, why) => {
    const one = rung(facts, name)
    expect(one.available).toBe(available)
    if (why) expect(one.why).toMatch(why)
  })
  it('warns of what a company’s mail provider blocks', () => {
    const connection = { utility: 'sandbox-power', mfaMethod: null, inboxAddresses: ['bills@gmail.com'] }
    const personal = rung(at('sandbox-power', { connection }), 'inbox_forwarding')
    expect(personal.why).toBeNull()
    expect(personal.failureModes).toContain('At most 20 filters forward.')
  })
})
