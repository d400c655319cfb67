import { describe, expect, it } from 'vitest'
import type { Delivery } from '../../src/domain/delivery.ts'
import { limitRules, memoryLimits } from '../../src/inbound/limits.ts'
import { admitter } from '../../src/outbox/admit.ts'
import { startOutbox } from '../../src/outbox/outbox.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { provision, startRelay } from '../support/relay.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'
import { makeContent } from './content.ts'
import { fakeClock, fakeCourier, fakeStore } from './fakes.ts'

const T0 = Date.UTC(2026, 2, 1)

/** An outbox whose clock is set by hand, for its limits too. */
function setUp(settings: Partial<Parameters<typeof limitRules>[0]> = {}) {
  const clock = fakeClock(T0)
  const rules = limitRules({
    copiesPerMinute: 2,
    copiesPerDay: 3,
    recipientCopiesPerMinute: 100,
    recipientCopiesPerDay: 100,
    hostMessagesPerMinute: 1,
    hostUnknownRecipients: 1,
    ...settings,
  })
  const store = fakeStore(clock)
  let answer: 'sent' | 'temporary' = 'sent'
  const email = fakeCourier(() =>
    answer === 'sent' ? { kind: 'sent' } : { kind: 'temporary', error: '451' },
  )
  const outbox = startOutbox({
    store,
    wakeup: { subscribe: () => () => {} },
    couriers: { email },
    holder: 'me',
    clock,
    random: () => 0.5,
    admit: admitter(memoryLimits(rules, clock.now).take),
  })
  let count = 0
  const add = (change: Partial<Delivery> = {}): string => {
    count += 1
    const { delivery } = makeContent()
    const recipientId = change.recipientId ?? `r${count}`
    return store.add(
      { ...delivery, expiresAt: null, connectionId: 'c0', id: `d${count}`, recipientId, ...change },
      change.kind === 'confirm_recipient' ? 'pending' : 'confirmed',
    ).id
  }
  const answerWith = (kind: typeof answer) => {
    answer = kind
  }
  return { clock, store, email, outbox, add, answerWith }
}

describe('copies beyond a limit', () => {
  it('are dropped and say so; a minute later there is room again, until the day is used up', async () => {
    const { clock, store, email, outbox, add } = setUp()
    const ids = [add(), add(), add()]
    await clock.advance(15_000)
    expect(email.sent).toHaveLength(2)
    expect(ids.map((id) => store.row(id).state).sort()).toEqual(['failed', 'sent', 'sent'])
    const dropped = ids.map((id) => store.row(id)).find(({ state }) => state === 'failed')
    expect(dropped!.lastError).toBe('dropped: the limit of copies for this connection is 2 in a minute')
    await clock.advance(60_000)
    const later = [add(), add()]
    await clock.advance(15_000)
    expect(later.map((id) => store.row(id).lastError).sort()).toEqual([
      'dropped: the limit of copies for this connection is 3 in a day',
      null,
    ])
    await outbox.close(0)
  })

  it('of one connection cost no other anything; one recipient of many is limited by address', async () => {
    const { clock, store, outbox, add } = setUp({ recipientCopiesPerMinute: 2 })
    const ids = ['c1', 'c2', 'c3'].map((connectionId) => add({ connectionId, address: 'Pat@customer.test' }))
    const other = add({ connectionId: 'c4', address: 'sam@customer.test' })
    await clock.advance(15_000)
    expect(ids.map((id) => store.row(id).lastError).filter(Boolean)).toEqual([
      'dropped: the limit of copies for this recipient is 2 in a minute',
    ])
    expect(store.row(other).state).toBe('sent')
    await outbox.close(0)
  })

  it('are counted once, however often they are tried', async () => {
    const { clock, store, outbox, add, answerWith } = setUp()
    answerWith('temporary')
    const id = add()
    await clock.advance(60_000)
    expect(store.row(id).tries).toBeGreaterThan(3)
    answerWith('sent')
    const other = add()
    await clock.advance(120_000)
    expect([store.row(id).state, store.row(other).state]).toEqual(['sent', 'sent'])
    await outbox.close(0)
  })

  it('do not hold questions up; those have a limit of their own for each address', async () => {
    const { clock, store, outbox, add } = setUp()
    const ids = Array.from({ length: 6 }, () => add({ kind: 'confirm_recipient', messageId: null }))
    await clock.advance(15_000)
    expect(ids.map((id) => store.row(id).lastError).filter(Boolean)).toEqual([
      'dropped: they were asked 5 times in a day',
    ])
    await outbox.close(0)
  })
})

it('codes reach runners whether or not they are copied, and dropped copies can be seen', async () => {
  const sink = await startSmtpSink()
  const relay = await startRelay({
    OUTBOUND_SMTP_URL: sink.smtpUrl,
    COPIES_PER_MINUTE: '1',
    COPIES_PER_DAY: '1',
  })
  try {
    const { connectionId, emailAddress } = await provision(relay, { emails: ['pat@customer.test'] })
    const { body: attempt } = await relay.api<{ id: string }>(
      'POST',
      `/v2/connection/${connectionId}/attempt`,
      {},
    )
    const codes = ['101112', '131415', '161718']
    for (const code of codes) await sendMail(relay.ports.smtp, { to: emailAddress, text: codeText(code) })
    type Copy = { state: string; lastError: string | null }
    const path = `/v2/connection/${connectionId}/deliveries`
    const copies = await waitFor(async () => {
      const { items } = (await relay.api<{ items: Copy[] }>('GET', path)).body
      const isOver = items.every(({ state }) => state === 'sent' || state === 'failed')
      return isOver && items.length === 3 ? items : null
    }, 'all copies to be sent or dropped')
    expect(copies.filter(({ state }) => state === 'sent')).toHaveLength(1)
    expect(copies.filter(({ lastError }) => lastError?.startsWith('dropped: '))).toHaveLength(2)
    expect(sink.mails).toHaveLength(1)
    const claimed = await relay.api<{ code: string }>('GET', `/v2/attempt/${attempt.id}/code?wait=0`)
    expect(claimed.body.code).toBe('161718')
  } finally {
    await relay.close()
    relay.remove()
    await sink.close()
  }
})
