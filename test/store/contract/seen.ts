import { expect, it } from 'vitest'
import { inboxSource } from '../../../src/domain/code.ts'
import { newId } from '../../../src/domain/id.ts'
import type { UseStore } from '../contract.ts'
import { attempt, codeRecord, MINUTE, provision, record, rules, SECOND, T0 } from '../samples.ts'

const forwarding = { method: 'inbox_forwarding' } as const

/** What arrived during an attempt, and why it was no code. */
export function seenContract(use: UseStore): void {
  it('says of everything that arrived what it was, and why it was no code', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    await store.saveInbound([record(connectionId, { mailbox: address, receivedAt: T0 - 1 })])
    const opened = await store.openAttempt(attempt(connectionId))
    const at = (n: number) => ({ mailbox: address, receivedAt: T0 + n })
    const plain = record(connectionId, at(1))
    const reasons = [{ code: 'dkim_none', text: 'Not signed.' }]
    await store.saveInbound([
      { ...plain, verdict: { ...plain.verdict, level: 'untrusted', reasons } },
      record(connectionId, { ...at(2), extraction: { kind: 'none', reason: 'ambiguous', candidates: [] } }),
      record(connectionId, { ...at(3), extraction: { kind: 'none', reason: 'unmatched', candidates: [] } }),
      record(connectionId, { ...at(4), extraction: { kind: 'sign_in_link', candidates: [] } }),
      record(connectionId, { ...at(5), extraction: { kind: 'unread', reason: 'deadline', candidates: [] } }),
      codeRecord(connectionId, { receivedAt: T0 + 6, sentAt: T0 - 10 * MINUTE }, { mailbox: address }),
      codeRecord(connectionId, { receivedAt: T0 + 7, expiresAt: T0 + 8 }, { mailbox: address }),
      codeRecord(connectionId, { receivedAt: T0 + 8, verdict: 'candidate' }, { mailbox: address }),
      codeRecord(connectionId, { receivedAt: T0 + 9 }, { mailbox: address }),
    ])
    const results = async (offerCandidates: boolean) =>
      (await store.listSeen(opened.id, 20, rules({ offerCandidates }))).map(({ result }) => result).reverse()
    const same = [
      'quarantined',
      'ambiguous',
      'no_code',
      'no_code',
      'unread',
      'sent_before_attempt',
      'expired',
    ]
    expect(await results(false)).toEqual([...same, 'candidate_held', 'available'])
    expect(await results(true)).toEqual([...same, 'available', 'available'])
    const [last] = (await store.listSeen(opened.id, 20)).slice(-1)
    expect(last?.text).toBe('It is in quarantine: Not signed.')
    await store.releaseMessage(last!.messageId, { actor: 'admin', now: T0 + 10, pinSender: false })
    const [released] = (await store.listSeen(opened.id, 20)).slice(-1)
    expect(released?.result).toBe('no_code')
    expect(await store.listSeen(opened.id, 2)).toHaveLength(2)
    expect(await store.listSeen(newId(), 10)).toEqual([])
  })

  it("shows a shared inbox's code, but no other mail of the connection that it came to", async () => {
    const { store } = use()
    const inbox = `${newId()}@customer.test`
    const setup = { ...forwarding, inboxAddresses: [inbox] }
    const [a, b] = [await provision(store, setup), await provision(store, setup)]
    const opened = await store.openAttempt(attempt(b.connectionId))
    const shared = codeRecord(a.connectionId, { source: inboxSource('sandbox-power', inbox) })
    await store.saveInbound([shared, record(a.connectionId, { receivedAt: T0 + SECOND })])
    expect(await store.listSeen(opened.id, 10)).toMatchObject([{ messageId: shared.id }])
  })
}
