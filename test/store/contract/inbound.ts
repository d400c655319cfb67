import { expect, it } from 'vitest'
import { inboxSource } from '../../../src/domain/code.ts'
import { newId } from '../../../src/domain/id.ts'
import type { UseStore } from '../contract.ts'
import {
  attempt,
  codeRecord,
  FIRST_PAGE,
  mfaSetup,
  provision,
  record,
  rules,
  SECOND,
  T0,
} from '../samples.ts'

const note = { actor: 'admin', action: 'message.viewed', at: T0 }

/** Messages are kept whole, once, and found again. */
export function inboundContract(use: UseStore): void {
  it('keeps a message as it came and says what was found in it', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const message = codeRecord(connectionId, {}, { mailbox: address })
    expect(await store.saveInbound([message])).toEqual([{ recordId: message.id, isNew: true }])
    const { dedupeKey, code, deliveries, raw, senderDomain, ...kept } = message
    expect(await store.getMessage(message.id)).toEqual({ ...kept, releasedAt: null, hasBody: true })
    const body = await store.readBody(message.id, note)
    expect(Buffer.from(body!).toString()).toBe('hello world')
  })

  it('keeps an empty body apart from a body that is gone', async () => {
    const { store } = use()
    const message = record(null, { raw: new Uint8Array(0), size: 0 })
    await store.saveInbound([message])
    expect(await store.readBody(message.id, note)).toEqual(expect.objectContaining({ byteLength: 0 }))
    expect(await store.readBody(newId(), note)).toBeNull()
  })

  it('keeps a large body byte for byte', async () => {
    const { store } = use()
    const raw = Uint8Array.from({ length: 5_000_000 }, (_, index) => (index * 31) % 251)
    const original = Buffer.from(raw)
    const message = record(null, { raw, size: raw.byteLength })
    await store.saveInbound([message])
    const body = await store.readBody(message.id, note)
    expect(Buffer.compare(body!, original)).toBe(0)
  })

  it.each([1_500_000, 5_000_000])('keeps a body of %d bytes in shared memory', async (length) => {
    const { store } = use()
    const raw = new Uint8Array(new SharedArrayBuffer(length))
    for (let at = 0; at < length; at += 1) raw[at] = (at * 31) % 251
    const messages = [record(null, { raw, size: length }), record(null, { raw, size: length })]
    await store.saveInbound(messages)
    for (const { id } of messages)
      expect(Buffer.compare((await store.readBody(id, note))!, Buffer.from(raw))).toBe(0)
  })

  it('refuses a body that was handed over before, instead of keeping an empty one', async () => {
    const { store } = use()
    const message = record(null, { raw: new Uint8Array(1_000_000) })
    await store.saveInbound([message])
    await expect(store.saveInbound([{ ...message, id: newId(), dedupeKey: newId() }])).rejects.toThrow(
      TypeError,
    )
  })

  it('puts on record who looked into a body, before they see it', async () => {
    const { store } = use()
    const message = record(null)
    await store.saveInbound([message])
    await store.readBody(message.id, { actor: 'key:support', action: 'message.viewed', at: T0 + 1 })
    const { items } = await store.listAudit({ subject: `message:${message.id}` }, FIRST_PAGE)
    expect(items).toMatchObject([{ actor: 'key:support', action: 'message.viewed', at: T0 + 1 }])
  })

  it('makes nothing twice of a message that comes twice', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const first = codeRecord(connectionId, { code: '111111' }, { mailbox: address, dedupeKey: 'same' })
    const again = codeRecord(connectionId, { code: '222222' }, { mailbox: address, dedupeKey: 'same' })
    const login = await store.openAttempt(attempt(connectionId))
    await store.saveInbound([first])
    expect(await store.saveInbound([again])).toEqual([{ recordId: again.id, isNew: false }])
    expect(await store.hasMessage(address, 'same')).toBe(true)
    expect(await store.hasMessage(address, 'other')).toBe(false)
    expect((await store.listMessages({ connectionId }, FIRST_PAGE)).total).toBe(1)
    expect(await store.claimCode(login.id, rules(), 'key:r')).toMatchObject({ code: { code: '111111' } })
  })

  it('knows one message in two mailboxes as two', async () => {
    const { store } = use()
    const [a, b] = [await provision(store), await provision(store)]
    const records = [a, b].map(({ connectionId, address }) =>
      codeRecord(connectionId, {}, { mailbox: address, dedupeKey: 'to-both' }),
    )
    expect(await store.saveInbound(records)).toMatchObject([{ isNew: true }, { isNew: true }])
  })

  it('makes one of many copies that come at once', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const copies = Array.from({ length: 20 }, () =>
      codeRecord(connectionId, {}, { mailbox: address, dedupeKey: 'burst' }),
    )
    const saved = await Promise.all(copies.map((copy) => store.saveInbound([copy])))
    expect(saved.flat().filter(({ isNew }) => isNew)).toHaveLength(1)
  })

  it('writes all of a call or nothing', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const good = codeRecord(connectionId, {}, { mailbox: address })
    const bad = record(newId(), { mailbox: address })
    await expect(store.saveInbound([good, bad])).rejects.toThrow()
    expect(await store.getMessage(good.id)).toBeNull()
    expect(await store.hasMessage(address, good.dedupeKey)).toBe(false)
  })

  it('is not spoiled by a bad record that came at the same time', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const good = Array.from({ length: 10 }, () => codeRecord(connectionId, {}, { mailbox: address }))
    const bad = record(newId())
    const calls = [...good.slice(0, 5), bad, ...good.slice(5)].map((one) => store.saveInbound([one]))
    const ends = await Promise.allSettled(calls)
    expect(ends.map(({ status }) => status)).toEqual([
      ...Array(5).fill('fulfilled'),
      'rejected',
      ...Array(5).fill('fulfilled'),
    ])
    expect((await store.listMessages({ connectionId }, FIRST_PAGE)).total).toBe(10)
  })

  it('says whose mailbox an address is, whom to copy, and which senders were pinned', async () => {
    const { store } = use()
    const recipients = [
      { channel: 'email', address: 'confirmed@customer.test', state: 'confirmed' },
      { channel: 'email', address: 'asked@customer.test', state: 'pending' },
    ] as const
    const inboxAddresses = ['pat@customer.test']
    const { connectionId, companyId, address } = await provision(store, {
      recipients,
      inboxAddresses,
      method: 'inbox_forwarding',
    })
    const mailbox = {
      address,
      channel: 'email',
      connectionId,
      createdAt: T0,
      retiredAt: null,
      providerSid: null,
    }
    expect(await store.findMailbox(address)).toEqual({
      mailbox,
      connection: {
        id: connectionId,
        companyId,
        utility: 'sandbox-power',
        url: null,
        mfaMethod: 'inbox_forwarding',
        inboxAddresses,
      },
      recipients: [{ id: expect.any(String), channel: 'email', address: 'confirmed@customer.test' }],
      pinnedSenders: [],
      loginOpenUntil: null,
      forwardingWindows: [{ inbox: 'pat@customer.test', openUntil: T0 + 48 * 3_600_000 }],
    })
    expect(await store.findMailbox('nobody@relay.test')).toBeNull()
    await store.retireMailbox(connectionId, address, T0 + 5)
    expect(await store.findMailbox(address)).toMatchObject({ mailbox: { retiredAt: T0 + 5 } })
  })

  it('lists messages newest first, by connection or of the operator', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const [old, young] = [1, 2].map((n) => record(connectionId, { mailbox: address, receivedAt: T0 + n }))
    await store.saveInbound([young!, old!])
    const operators = record(null, { mailbox: 'postmaster@relay.test', receivedAt: T0 + 999 * SECOND })
    await store.saveInbound([operators])
    const listed = await store.listMessages({ connectionId }, { page: 1, limit: 1 })
    expect(listed).toMatchObject({ total: 2, items: [{ id: young!.id }] })
    expect(await store.listMessages({ connectionId }, { page: 2, limit: 1 })).toMatchObject({
      total: 2,
      items: [{ id: old!.id }],
    })
    const first = (await store.listMessages({ connectionId: null }, FIRST_PAGE)).items[0]
    expect(first?.id).toBe(operators.id)
  })

  it('gives a forwarded code to the connection whose inbox forwarded it', async () => {
    const { store } = use()
    const setup = { method: 'inbox_forwarding', inboxAddresses: ['shared@customer.test'] } as const
    const [a, b] = [await provision(store, setup), await provision(store, setup)]
    const source = inboxSource('sandbox-power', 'shared@customer.test')
    const login = await store.openAttempt(attempt(b.connectionId))
    await store.saveInbound([codeRecord(a.connectionId, { source }, { mailbox: a.address })])
    expect(await store.claimCode(login.id, rules(), 'key:r')).toMatchObject({ kind: 'code' })
    await store.configureMfa(b.connectionId, mfaSetup(), T0)
    expect((await store.getAttempt(login.id))?.sources).toContain(source)
  })

  it('shows the newest forwarding confirmation that is believed', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const ask = (receivedAt: number, level: 'trusted' | 'untrusted', link: string) => {
      const basic = record(connectionId, { mailbox: address, receivedAt })
      const extraction = { kind: 'forwarding_confirmation', provider: 'gmail', link, candidates: [] } as const
      return { ...basic, extraction, verdict: { ...basic.verdict, level } }
    }
    await store.saveInbound([
      ask(T0 + 1, 'trusted', 'https://mail.test/old'),
      ask(T0 + 2, 'trusted', 'https://mail.test/confirm'),
      ask(T0 + 3, 'untrusted', 'https://evil.test/'),
    ])
    const mfa = await store.getMfa(connectionId)
    expect(mfa?.forwardingConfirmation).toMatchObject({
      provider: 'gmail',
      link: 'https://mail.test/confirm',
      code: null,
    })
  })

  it('still has everything after it was closed and opened again', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const message = codeRecord(connectionId, {}, { mailbox: address })
    const login = await store.openAttempt(attempt(connectionId))
    await store.saveInbound([message])
    const reopened = await use().reopen()
    expect((await reopened.getMessage(message.id))?.subject).toBe('Your sign-in code')
    expect(await reopened.claimCode(login.id, rules(), 'key:r')).toMatchObject({ code: { code: '482913' } })
  })
}
