import { expect, it } from 'vitest'
import type { UseStore } from '../contract.ts'
import { claim, newWebhook, REFUSED } from '../event-samples.ts'
import { live, logIn, mailsAt } from '../notice-samples.ts'
import { codeRecord, connection, DAY, delivery, HOUR, MINUTE, mfaSetup, newAddress, T0 } from '../samples.ts'

/** What people are told, and when. */
export function noticeContract(use: UseStore): void {
  it('tells the owner and the company’s contact of a login that broke, once it has been gathered', async () => {
    const { store } = use()
    const { connectionId, contact, owner } = await live(store)
    await logIn(store, connectionId, 'CONNECTED', T0)
    await logIn(store, connectionId, 'MFA_TOKEN_EXPIRED', T0 + MINUTE)
    await logIn(store, connectionId, 'MFA_TOKEN_EXPIRED', T0 + 2 * MINUTE)
    expect(await mailsAt(store, T0 + 2 * MINUTE, [contact, owner])).toEqual([])
    expect(await store.nextNoticeAt()).toBeLessThanOrEqual(T0 + 17 * MINUTE)
    const mails = await mailsAt(store, T0 + 17 * MINUTE, [contact, owner])
    expect(mails.map(({ address, isCompany }) => [address, isCompany]).sort()).toEqual([
      [contact, true],
      [owner, false],
    ])
    expect(mails[0]!.items).toMatchObject([
      { kind: 'connection_broken', connection: { id: connectionId, status: 'MFA_TOKEN_EXPIRED' } },
    ])
    expect(await mailsAt(store, T0 + 30 * DAY, [contact, owner])).toEqual([])
  })

  it('says nothing of what was mended before the mail, nor of what waits for its proof', async () => {
    const { store } = use()
    const { connectionId, contact, owner } = await live(store)
    await logIn(store, connectionId, 'PASSWORD_INCORRECT', T0)
    await mailsAt(store, T0, [])
    await store.updateConnection(connectionId, { password: 'new' }, T0 + MINUTE)
    expect(await mailsAt(store, T0 + HOUR, [contact, owner])).toEqual([])
    // And since nobody was told, the next time is told without a wait.
    await logIn(store, connectionId, 'CONNECTED', T0 + HOUR)
    await logIn(store, connectionId, 'PASSWORD_INCORRECT', T0 + 2 * HOUR)
    await mailsAt(store, T0 + 2 * HOUR, [])
    expect(await mailsAt(store, T0 + 2 * HOUR + 15 * MINUTE, [contact, owner])).toHaveLength(2)
  })

  it('makes one mail of many troubles, and spaces the next', async () => {
    const { store } = use()
    const { companyId, connectionId, contact } = await live(store)
    const others = Array.from({ length: 9 }, () => connection(companyId))
    for (const other of others) await store.createConnection(other, {})
    for (const id of [connectionId, ...others.slice(0, 7).map(({ id }) => id)]) {
      await logIn(store, id, 'OTHER_ERROR', T0)
    }
    await mailsAt(store, T0, [])
    const [mail, ...more] = await mailsAt(store, T0 + 15 * MINUTE, [contact])
    expect(more).toEqual([])
    expect(mail!.items).toHaveLength(8)
    for (const { id } of others.slice(7)) await logIn(store, id, 'OTHER_ERROR', T0 + HOUR)
    await mailsAt(store, T0 + HOUR, [])
    expect(await mailsAt(store, T0 + 4 * HOUR, [contact])).toEqual([])
    const [second] = await mailsAt(store, T0 + 15 * MINUTE + 4 * HOUR, [contact])
    expect(second!.items).toHaveLength(2)
  })

  it('tells of a connection that comes and goes once a day, and of one that stays broken for sure', async () => {
    const { store } = use()
    const { connectionId, owner } = await live(store)
    const told: number[] = []
    for (let hour = 0; hour < 60; hour += 1) {
      const at = T0 + hour * HOUR
      await logIn(store, connectionId, hour % 2 === 0 ? 'MFA_TOKEN_EXPIRED' : 'CONNECTED', at)
      for (const minute of [0, 15, 30, 45]) {
        const mails = await mailsAt(store, at + minute * MINUTE, [owner])
        if (mails.length > 0) told.push(at + minute * MINUTE)
      }
    }
    expect(told.length).toBeGreaterThanOrEqual(2)
    expect(told.length).toBeLessThanOrEqual(3)
    for (const [index, at] of told.entries()) {
      if (index > 0) expect(at - told[index - 1]!).toBeGreaterThanOrEqual(DAY)
    }
    // Broken again right after it was told, and not mended: that is told too, a day later.
    const last = told.at(-1)!
    await logIn(store, connectionId, 'CONNECTED', last + 61 * HOUR)
    await logIn(store, connectionId, 'MFA_TOKEN_EXPIRED', last + 62 * HOUR)
    await mailsAt(store, last + 62 * HOUR, [])
    expect(await mailsAt(store, last + 62 * HOUR + 15 * MINUTE, [owner])).toHaveLength(1)
  })

  it('tells when copies keep failing, and not of a single one', async () => {
    const { store } = use()
    const { connectionId, contact } = await live(store)
    const address = newAddress()
    const recipients = [{ channel: 'email', address: 'pat@customer.test', state: 'confirmed' } as const]
    const newMailboxes = [{ address, channel: 'email', providerSid: null } as const]
    await store.configureMfa(connectionId, mfaSetup({ recipients, newMailboxes }), T0)
    const recipientId = (await store.getMfa(connectionId))!.recipients[0]!.id
    const fail = async (at: number) => {
      const copy = delivery(recipientId)
      await store.saveInbound([
        codeRecord(connectionId, { receivedAt: at }, { mailbox: address, deliveries: [copy] }),
      ])
      await store.finishDelivery(
        copy.id,
        { kind: 'permanent', error: '550 no' },
        { now: at, nextDueAt: null },
      )
    }
    await fail(T0)
    await fail(T0 + 1)
    await mailsAt(store, T0 + 2, [])
    expect(await mailsAt(store, T0 + HOUR, [contact])).toEqual([])
    await fail(T0 + HOUR)
    await mailsAt(store, T0 + HOUR, [])
    const [mail] = await mailsAt(store, T0 + 2 * HOUR, [contact])
    expect(mail!.items).toMatchObject([{ kind: 'copies_failing', connection: { id: connectionId } }])
  })

  it('tells of an inbox from which nothing comes, once', async () => {
    const { store } = use()
    const { connectionId, contact } = await live(store)
    const inboxAddresses = ['pat@inbox.test']
    await store.configureMfa(connectionId, mfaSetup({ method: 'inbox_forwarding', inboxAddresses }), T0)
    const look = (openedBefore: number) => store.findUnproven({ openedBefore, now: T0 + 4 * DAY, limit: 100 })
    await look(T0 - 1)
    await mailsAt(store, T0 + 2 * DAY, [])
    expect(await mailsAt(store, T0 + 3 * DAY, [contact])).toEqual([])
    expect(await look(T0)).toBeGreaterThan(0)
    expect(await look(T0)).toBe(0)
    await mailsAt(store, T0 + 4 * DAY, [])
    const [mail] = await mailsAt(store, T0 + 5 * DAY, [contact])
    expect(mail!.items).toMatchObject([{ kind: 'forwarding_unproven' }])
  })

  it('tells the company, and nobody else, of an endpoint that was disabled', async () => {
    const { store } = use()
    const { companyId, connectionId, contact, owner } = await live(store)
    const webhook = await store.createWebhook(newWebhook(companyId), T0)
    await store.updateConnection(connectionId, { externalId: 'A-1' }, T0)
    const [one] = (await claim(store, T0)).filter(({ webhookId }) => webhookId === webhook.id)
    await store.finishEvent(one!.id, REFUSED, { now: T0, nextDueAt: null, disableAfterMs: 0 })
    await mailsAt(store, T0, [])
    const mails = await mailsAt(store, T0 + HOUR, [contact, owner])
    expect(mails).toMatchObject([
      {
        address: contact,
        items: [{ kind: 'webhook_disabled', endpoint: 'hooks.customer.test', connection: null }],
      },
    ])
    expect(JSON.stringify(mails)).not.toContain('not-a-real-one')
    await store.removeWebhook(webhook.id, T0)
  })
}
