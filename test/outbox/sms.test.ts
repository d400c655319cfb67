import { describe, expect, it } from 'vitest'
import type { SendResult } from '../../src/domain/delivery.ts'
import { makeLinks } from '../../src/outbox/links.ts'
import { macFor } from '../../src/outbox/mac.ts'
import { type SmsMessages, smsCourier } from '../../src/outbox/sms/courier.ts'
import type { DeliveryContent } from '../../src/store/store.ts'
import { makeContent, makeDelivery, RECEIVED_AT } from './content.ts'

type Sent = Parameters<SmsMessages['create']>[0]

const links = makeLinks(macFor([new Uint8Array(32)], 'links', 64), () => 'https://relay.test')
const PHONE = '+14155550123'

async function sendOne(
  content: DeliveryContent = makeContent({ delivery: makeDelivery({ courier: 'sms', address: PHONE }) }),
  options: { smsFrom?: string; publicUrl?: string; fail?: unknown } = {},
): Promise<{ result: SendResult; sent: Sent[] }> {
  const sent: Sent[] = []
  const courier = smsCourier({
    messages: {
      async create(message) {
        sent.push(message)
        const failure = typeof options.fail === 'function' ? options.fail(message) : options.fail
        if (failure) throw failure
        return { sid: 'SM1' }
      },
    },
    smsFrom: options.smsFrom ?? '+14155550100',
    publicUrl: options.publicUrl ?? '',
    nameOf: () => 'Sandbox Power',
    links,
  })
  return { result: await courier.send(content, new AbortController().signal), sent }
}

const twilioError = (status: number, code: number | undefined, message = 'no') =>
  Object.assign(new Error(message), { status, code })

describe('a copy by SMS', () => {
  it('starts with the code and names the utility, how long it lives and how to stop', async () => {
    const { result, sent } = await sendOne()
    expect(result).toEqual({ kind: 'sent', remoteId: 'SM1' })
    expect(sent).toEqual([
      {
        to: PHONE,
        from: '+14155550100',
        body: '431862 is your Sandbox Power code, valid until 07:54:05 UTC. Copy sent for Example Energy. Reply STOP to end.',
      },
    ])
    expect(sent[0]!.body.length).toBeLessThanOrEqual(160)
  })

  it('goes out through a Messaging Service where one is set', async () => {
    const smsFrom = `MG${'0'.repeat(32)}`
    const { sent } = await sendOne(undefined, { smsFrom })
    expect(sent[0]).toMatchObject({ messagingServiceSid: smsFrom })
    expect(sent[0]).not.toHaveProperty('from')
  })

  it('says where its fate may be told, where that can be reached', async () => {
    const delivery = makeDelivery({ courier: 'sms', address: PHONE })
    const { sent } = await sendOne(makeContent({ delivery }), { publicUrl: 'https://relay.example.com/' })
    expect(sent[0]?.statusCallback).toBe(`https://relay.example.com/inbound/twilio/status/${delivery.id}`)
    expect((await sendOne()).sent[0]).not.toHaveProperty('statusCallback')
  })

  it('passes a notice on as one short line', async () => {
    const base = makeContent()
    const { sent } = await sendOne({
      ...base,
      delivery: makeDelivery({ kind: 'notice_copy', courier: 'sms', address: PHONE }),
      code: null,
      message: { ...base.message!, subject: `You are invited\r\n\u202eto manage ${'x'.repeat(400)}` },
    })
    expect(sent[0]!.body).toMatch(/^Sandbox Power wrote: "You are invited to manage x+…"/)
    expect(sent[0]!.body.length).toBeLessThan(306)
  })

  it('asks a new recipient with a link', async () => {
    const delivery = makeDelivery({
      kind: 'confirm_recipient',
      courier: 'sms',
      address: PHONE,
      messageId: null,
    })
    const { sent } = await sendOne(makeContent({ delivery, message: null, code: null, raw: null }))
    const token = /\/r\/confirm\/(\S+)/.exec(sent[0]!.body)![1]!
    expect(links.read('confirm', token, RECEIVED_AT)).toEqual({
      kind: 'valid',
      recipientId: delivery.recipientId,
    })
  })

  it.each(['4155550123', '+1 415 555 0123', 'whatsapp:+14155550123', ''])(
    'never writes to %j',
    async (address) => {
      const { result, sent } = await sendOne(
        makeContent({ delivery: makeDelivery({ courier: 'sms', address }) }),
      )
      expect(result.kind).toBe('permanent')
      expect(sent).toEqual([])
    },
  )

  it('is refused for good once the code is gone', async () => {
    const delivery = makeDelivery({ courier: 'sms', address: PHONE })
    const { result } = await sendOne(makeContent({ delivery, code: null }))
    expect(result.kind).toBe('permanent')
  })
})

describe('what Twilio says', () => {
  const resultOf = async (fail: unknown) => (await sendOne(undefined, { fail })).result

  it('STOP (21610) ends it, and stops the recipient', async () => {
    expect(await resultOf(twilioError(400, 21610, 'unsubscribed recipient'))).toEqual({
      kind: 'permanent',
      error: 'Twilio 21610: unsubscribed recipient',
      stopRecipient: true,
    })
  })

  it('about a report URL that it cannot reach (21609) costs the report, not the copy', async () => {
    const fail = (message: Sent) => (message.statusCallback ? twilioError(400, 21609) : null)
    const { result, sent } = await sendOne(undefined, { publicUrl: 'http://localhost:8080', fail })
    expect(result).toEqual({ kind: 'sent', remoteId: 'SM1' })
    expect(sent.map(({ statusCallback }) => statusCallback !== undefined)).toEqual([true, false])
  })

  it.each([21211, 21408, 21612, 21614])('%d is about the number: permanent', async (code) => {
    expect(await resultOf(twilioError(400, code))).toMatchObject({ kind: 'permanent' })
    expect(await resultOf(twilioError(400, code))).not.toHaveProperty('stopRecipient')
  })

  it.each([
    ['too many requests', twilioError(429, 20429)],
    ['a server error', twilioError(503, undefined)],
    ['a refused login', twilioError(401, 20003)],
    ['a sender that is not ours', twilioError(400, 21606)],
    ['an error we do not know', twilioError(400, 29999)],
    ['a network failure', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
    ['something odd', 'nonsense'],
  ])('%s may pass: temporary', async (_, error) => {
    expect((await resultOf(error)).kind).toBe('temporary')
  })

  it('no answer is temporary at the deadline', async () => {
    const courier = smsCourier({
      messages: { create: () => new Promise(() => {}) },
      smsFrom: '+14155550100',
      publicUrl: '',
      nameOf: () => undefined,
      links,
    })
    const deadline = new AbortController()
    const content = makeContent({ delivery: makeDelivery({ courier: 'sms', address: PHONE }) })
    const sending = courier.send(content, deadline.signal)
    deadline.abort(new Error('no answer in time'))
    expect(await sending).toEqual({ kind: 'temporary', error: 'no answer in time' })
  })
})
