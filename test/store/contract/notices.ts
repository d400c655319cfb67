import { expect, it } from 'vitest'
import type { ConnectionStatus } from '../../../src/domain/connection.ts'
import { newId } from '../../../src/domain/id.ts'
import type { NoticeContent } from '../../../src/domain/notice.ts'
import type { NoticeRules, Store } from '../../../src/store/store.ts'
import type { UseStore } from '../contract.ts'
import { claim, newWebhook, REFUSED } from '../event-samples.ts'
import {
  attempt,
  codeRecord,
  company,
  connection,
  DAY,
  delivery,
  HOUR,
  MINUTE,
  mfaSetup,
  newAddress,
  T0,
} from '../samples.ts'
import { purgeAll } from './retention.ts'

const rules = (now: number, change: Partial<NoticeRules> = {}): NoticeRules => ({
  now,
  isOn: true,
  gatherMs: 15 * MINUTE,
  spacingMs: 4 * HOUR,
  repeatMs: DAY,
  limit: 1000,
  ...change,
})

/** A company with a contact, and a connection with an owner, both of this test alone. */
async function live(store: Store, change: object = {}) {
  const id = newId()
  const owner = company({ contactEmail: `Contact-${id}@company.test`, ...change })
  await store.createCompany(owner)
  const login = connection(owner.id, { connectionOwnerEmail: `owner-${id}@customer.test` })
  await store.createConnection(login, {})
  return {
    companyId: owner.id,
    connectionId: login.id,
    contact: `contact-${id}@company.test`,
    owner: `owner-${id}@customer.test`,
  }
}

async function logIn(store: Store, id: string, status: ConnectionStatus, at: number) {
  const opened = await store.openAttempt(attempt(id, { openedAt: at, expiresAt: at + HOUR }))
  await store.closeAttempt(opened.id, { status }, at)
}

/** Plans, then sends what is due at this instant to these addresses; what is due to others stays leased. */
async function mailsAt(store: Store, now: number, addresses: readonly string[]): Promise<NoticeContent[]> {
  while ((await store.planNotices(rules(now))) > 0);
  const found: NoticeContent[] = []
  for (const { id } of await store.claimNoticeMails({
    now,
    leaseUntil: now + MINUTE,
    holder: 'n',
    limit: 1000,
  })) {
    const content = await store.loadNoticeMail(id)
    const told = content?.items.map(({ noticeId }) => noticeId) ?? []
    await store.finishNoticeMail(id, content ? { kind: 'sent', told } : { kind: 'dropped' }, {
      now,
      nextDueAt: null,
    })
    if (content && addresses.includes(content.address)) found.push(content)
  }
  return found
}

/** What people are told, when, and when not. */
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

  it('tells nobody who stopped it, nor where the company or the operator wants no mails', async () => {
    const { store } = use()
    const stopped = await live(store)
    const quiet = await live(store, { notices: false })
    const all = [stopped.contact, stopped.owner, quiet.contact, quiet.owner]
    await logIn(store, stopped.connectionId, 'OTHER_ERROR', T0)
    await logIn(store, quiet.connectionId, 'OTHER_ERROR', T0)
    await mailsAt(store, T0, [])
    const first = await mailsAt(store, T0 + HOUR, all)
    expect(first.map(({ address }) => address).sort()).toEqual([stopped.contact, stopped.owner].sort())
    const { contactId } = first.find(({ address }) => address === stopped.owner)!.mail
    expect(await store.getNoticeContact(contactId)).toMatchObject({
      address: stopped.owner,
      isStopped: false,
    })
    expect(await store.stopNotices(contactId, T0 + HOUR)).toBe(true)
    expect(await store.stopNotices(newId(), T0)).toBe(false)
    expect(await store.getNoticeContact(contactId)).toMatchObject({ isStopped: true })
    await logIn(store, stopped.connectionId, 'CONNECTED', T0 + 2 * DAY)
    await logIn(store, stopped.connectionId, 'OTHER_ERROR', T0 + 2 * DAY)
    await mailsAt(store, T0 + 2 * DAY, [])
    const later = await mailsAt(store, T0 + 3 * DAY, all)
    expect(later.map(({ address }) => address)).toEqual([stopped.contact])
    await logIn(store, stopped.connectionId, 'CONNECTED', T0 + 5 * DAY)
    await logIn(store, stopped.connectionId, 'OTHER_ERROR', T0 + 5 * DAY)
    await store.planNotices(rules(T0 + 5 * DAY, { isOn: false }))
    expect(await mailsAt(store, T0 + 6 * DAY, all)).toEqual([])
  })

  it('sends nothing that was planned before somebody stopped it', async () => {
    const { store } = use()
    const { connectionId, owner, contact } = await live(store)
    await logIn(store, connectionId, 'OTHER_ERROR', T0)
    await mailsAt(store, T0, [])
    const [first] = await mailsAt(store, T0 + HOUR, [owner])
    await logIn(store, connectionId, 'CONNECTED', T0 + 2 * DAY)
    await logIn(store, connectionId, 'OTHER_ERROR', T0 + 2 * DAY)
    await mailsAt(store, T0 + 2 * DAY, [])
    await store.stopNotices(first!.mail.contactId, T0 + 2 * DAY + 1)
    const later = await mailsAt(store, T0 + 3 * DAY, [owner, contact])
    expect(later.map(({ address }) => address)).toEqual([contact])
  })

  it('tries a mail again, gives it back, and forgets what people were told in time', async () => {
    const { store } = use()
    const { connectionId, owner } = await live(store)
    await logIn(store, connectionId, 'OTHER_ERROR', T0)
    while ((await store.planNotices(rules(T0))) > 0);
    const lease = { now: T0 + HOUR, leaseUntil: T0 + 2 * HOUR, holder: 'one', limit: 1000 }
    const mine = async () => {
      const mails = await store.claimNoticeMails(lease)
      const contents = await Promise.all(mails.map(({ id }) => store.loadNoticeMail(id)))
      return contents.find((content) => content?.address === owner)
    }
    const first = (await mine())!
    expect(await store.releaseNoticeMails('one')).toBeGreaterThan(0)
    const again = (await mine())!
    expect(again.mail.id).toBe(first.mail.id)
    const later = { now: T0 + HOUR, nextDueAt: T0 + HOUR + 5 }
    await store.finishNoticeMail(first.mail.id, { kind: 'failed', error: '451 later' }, later)
    const [same] = (await store.claimNoticeMails({ ...lease, now: T0 + HOUR + 5 })).filter(
      ({ id }) => id === first.mail.id,
    )
    expect(same).toMatchObject({ tries: 1 })
    const end = { now: T0 + HOUR + 5, nextDueAt: null }
    await store.finishNoticeMail(first.mail.id, { kind: 'failed', error: '550', stopContact: true }, end)
    expect(await store.getNoticeContact(first.mail.contactId)).toMatchObject({ isStopped: true })
    expect((await purgeAll(store, { eventsBefore: T0 + DAY })).notices).toBeGreaterThan(0)
    expect(await store.loadNoticeMail(first.mail.id)).toBeNull()
  })

  it('forgets an owner with their connection', async () => {
    const { store } = use()
    const { connectionId, owner } = await live(store)
    await logIn(store, connectionId, 'OTHER_ERROR', T0)
    while ((await store.planNotices(rules(T0))) > 0);
    await store.deleteConnection(connectionId, T0)
    expect(await mailsAt(store, T0 + DAY, [owner])).toEqual([])
  })
}
