import { describe, expect, it } from 'vitest'
import type { ConnectionFacts } from '../../src/domain/connection-facts.ts'
import { diagnose } from '../../src/status/diagnosis/diagnose.ts'
import { inbox, MOVED, sms, stranger } from './broken-logins.ts'
import {
  ACCEPTED,
  ADDRESS,
  DAY,
  facts,
  knownSender,
  login,
  MINUTE,
  message,
  NO_CODE,
  quarantined,
  REJECTED,
  SECOND,
  setting,
  T0,
  utilities,
  WEEK,
} from './samples.ts'

describe('what is told beside the class', () => {
  it('old and new sender', () => {
    const senders = [knownSender('sandbox-power.test')]
    const moved = diagnose(facts({ messages: [quarantined('m1', MOVED, stranger)], senders }), setting())
    expect(moved.details).toMatchObject({
      newSender: 'sandbox-billing.test',
      formerSender: 'sandbox-power.test',
      messageId: 'm1',
    })
    expect(moved.summary).toContain('until 2026-02-22 they came from sandbox-power.test')
  })
  it('how late, against what the portal allows', () => {
    const late = diagnose(
      facts({ messages: [message('m1', { sentAt: T0 + MINUTE, receivedAt: T0 + 20 * MINUTE })] }),
      setting(),
    )
    expect(late.details).toMatchObject({ lateBySeconds: 1140, validForSeconds: 600 })
    expect(late).toMatchObject({ remedy: 'another_way' })
  })
  it('that a live code only needed a longer wait', () => {
    const late = diagnose(
      facts({
        attempts: [login('a1', T0, NO_CODE, MINUTE)],
        messages: [message('m1', { sentAt: T0 + 10 * SECOND, receivedAt: T0 + 3 * MINUTE })],
      }),
      setting(),
    )
    expect(late).toMatchObject({ cause: 'arrived_late', remedy: 'us' })
  })
  it('the failed check that says most', () => {
    const one = diagnose(
      facts({ messages: [quarantined('m1', ['from_utility', 'spf_pass_not_aligned', 'dkim_fail'])] }),
      setting(),
    )
    expect(one.details.failedCheck).toBe('dkim_fail')
    expect(one.evidence.map(({ text }) => text)).toContain('Reason spf_pass_not_aligned')
  })
  it('which address to use instead of the retired one', () => {
    const refusals = [
      {
        address: 'mfa-old@relay.test',
        count: 3,
        firstAt: T0 + MINUTE,
        lastAt: T0 + MINUTE,
        lastSender: null,
      },
    ]
    const one = diagnose(facts({ refusals }), setting())
    expect(one.details).toMatchObject({
      retiredAddress: 'mfa-old@relay.test',
      activeAddress: ADDRESS,
      refused: 3,
    })
    expect(one.customer).toContain(ADDRESS)
  })
  it('the rate', () => {
    const attempts = [NO_CODE, ACCEPTED, NO_CODE, ACCEPTED, NO_CODE].map((outcome, week) =>
      login(`a${week}`, T0 - (4 - week) * WEEK, outcome),
    )
    expect(diagnose(facts({ attempts }), setting()).details).toMatchObject({
      worked: 2,
      outOf: 5,
      ratePercent: 40,
    })
  })
  it('the rule whose code was refused, and how often', () => {
    const attempts = [login('a0', T0 - DAY, REJECTED), login('a1', T0, REJECTED)]
    const one = diagnose(
      facts({ attempts, messages: [message('m0', { receivedAt: T0 - DAY + MINUTE }), message('m1')] }),
      setting(),
    )
    expect(one).toMatchObject({
      cause: 'rejected_wrong',
      confidence: 0.9,
      details: { rule: 'template:sandbox-power/email/0' },
    })
    expect(one.summary).toContain('2 times')
  })
  it('that the portal locks after so many', () => {
    const hrsd = utilities.get('hrsd')!
    const attempts = [4, 3, 2, 1, 0].map((days) => login(`a${days}`, T0 - days * DAY, REJECTED))
    expect(diagnose(facts({ attempts }), setting({ utility: hrsd })).cause).toBe('account_locked')
  })
  it('since when it fails', () => {
    const attempts = [
      login('a0', T0 - 3 * WEEK, ACCEPTED),
      login('a1', T0 - WEEK, NO_CODE),
      login('a2', T0, NO_CODE),
    ]
    expect(diagnose(facts({ attempts }), setting())).toMatchObject({
      attemptId: 'a2',
      failingSince: T0 - WEEK,
    })
  })
})

describe('when nothing came', () => {
  const likelihoods = (given: ConnectionFacts) =>
    Object.fromEntries(
      diagnose(given, setting()).possibleCauses.map(({ cause, likelihood }) => [cause, likelihood]),
    )
  const worked = { attempts: [login('a0', T0 - WEEK, ACCEPTED), login('a1', T0, NO_CODE)] }

  it.each([
    ['managed forwarding', facts(worked), 'destination_changed'],
    ['inbox forwarding', facts({ ...worked, ...inbox() }), 'rule_off'],
    [
      'forwarding in a company',
      facts({ ...worked, ...inbox('bills@example-corp.test') }),
      'blocked_by_provider',
    ],
    ['texts', facts({ ...worked, ...sms }), 'destination_changed'],
  ])('with %s the first guess fits', (_, given, first) => {
    const { possibleCauses } = diagnose(given, setting())
    expect(possibleCauses[0]?.cause).toBe(first)
    expect(possibleCauses.length).toBeGreaterThan(2)
    expect(possibleCauses.reduce((sum, { likelihood }) => sum + likelihood, 0)).toBeCloseTo(1, 1)
  })
  it('other mail of the utility speaks against another address at the portal', () => {
    const bill = message('b1', {
      extraction: 'notice',
      receivedAt: T0 - DAY,
      address: 'billing@sandbox-power.test',
    })
    const [with_, without] = [likelihoods(facts({ ...worked, messages: [bill] })), likelihoods(facts(worked))]
    expect(with_.destination_changed).toBeLessThan(without.destination_changed!)
  })
  it('a third failure in a row is a reason to climb', () => {
    const attempts = [2, 1, 0].map((days) => login(`a${days}`, T0 - days * DAY, NO_CODE))
    const one = diagnose(facts({ attempts }), setting())
    expect(one).toMatchObject({ cause: 'nothing_arrived', remedy: 'another_way', nextRung: 'sms' })
  })
})
