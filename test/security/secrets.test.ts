import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { storeFiles } from './leak-hunt.ts'
import { sendMalformed } from './secrets-malformed.ts'
import { OUR_NUMBER, openScene, random, type Scene, SENDER } from './secrets-scenario.ts'

/*
 * A whole relay at trace level, and everything that people do with it; then its logs, metrics, refusals and files
 * are searched for everything secret that went through. The steps build on each other.
 */

let scene: Scene
let companyId = ''
let connectionId = ''
let address = ''
let keys: Record<'company' | 'runner' | 'inbound' | 'stranger', string>
beforeAll(async () => {
  scene = await openScene()
})
afterAll(async () => {
  await scene.stop()
  rmSync(scene.dataDir, { recursive: true, force: true })
})

const message = (subject: string, text: string, from = SENDER): string =>
  `From: Sandbox Power <${from}>\r\nTo: pat@customer.test\r\nSubject: ${subject}\r\nMessage-ID: <${random()}@x>\r\nDate: ${new Date().toUTCString()}\r\n\r\n${text}\r\n`
const codeMail = (name: string): { code: string; raw: string } => {
  const code = scene.code(`code ${name}`)
  const text = `Your Sandbox Power verification code is ${code}\r\n${scene.marker(`body ${name}`)}`
  return { code, raw: message(`${code} ${scene.marker(`subject ${name}`)}`, text) }
}
const logged = (event: string): boolean => scene.relay.logs().includes(`"event":"${event}"`)
const make = async (path: string, body: unknown): Promise<Record<string, string>> => {
  const reply = await scene.call<Record<string, string>>('POST', path, body)
  expect(reply.status, reply.text).toBe(201)
  return reply.body
}
const attempt = async (): Promise<string> => (await make(`/v2/connection/${connectionId}/attempt`, {})).id!
const finish = (id: string, outcome: object) => scene.call('POST', `/v2/attempt/${id}/outcome`, outcome)

describe('what people do with a relay', () => {
  it('provisioning, with everything that a login needs', async () => {
    const { secret } = scene.hunt
    companyId = (await make('/v2/company', { name: 'Example', features: { smsRelay: true } })).id!
    connectionId = (
      await make(`/v2/connection/company/${companyId}`, {
        utility: 'sandbox-power',
        username: secret('user name', `pat-${random()}`),
        password: secret('password', `pass-"\\-${random()}`),
      })
    ).id!
    const made = await Promise.all(
      (['company', 'runner', 'inbound'] as const).map(async (scope) => {
        const { key } = await make('/v2/key', scope === 'company' ? { scope, companyId } : { scope })
        return [scope, secret(`${scope} key`, key!)] as const
      }),
    )
    const other = (await make('/v2/company', { name: 'Other' })).id!
    const stranger = await make('/v2/key', { scope: 'company', companyId: other })
    keys = { ...Object.fromEntries(made), stranger: secret('stranger key', stranger.key!) } as typeof keys
    for (const method of ['managed_forwarding', 'sms']) {
      const { status, text, body } = await scene.call<{ emailAddress: string }>(
        'PUT',
        `/v2/connection/${connectionId}/mfa`,
        {
          method,
          recipients: { emails: ['pat@customer.test'], phones: ['+14155550142'] },
          securityQuestions: [{ question: 'First pet?', answer: secret('answer', `Rex-${random()}`) }],
          totpSecret: secret('TOTP secret', 'JBSWY3DPEHPK3PXPJBSWY3DP'),
        },
        { isWatched: true },
      )
      expect(status, text).toBe(200)
      address = body.emailAddress
    }
  })

  it('recipients who confirm through their link', async () => {
    const { parsed } = await scene.sink.waitFor(
      ({ envelope }) => envelope.to.includes('pat@customer.test'),
      15_000,
    )
    const [, path = '', token = ''] = /(\/r\/confirm\/([0-9a-z-]+))/.exec(parsed.text ?? '') ?? []
    scene.hunt.secret('confirmation token', token)
    for (const method of ['GET', 'POST']) {
      expect((await scene.call(method, path)).status).toBe(200)
      expect((await scene.call(method, `${path}x`)).status).toBe(404)
    }
    const bySms = await waitFor(
      () => scene.twilio.sent.find(({ to }) => to === '+14155550142'),
      'the question',
    )
    const link = /\/r\/confirm\/([0-9a-z-]+)/.exec(bySms.body)
    if (link) await scene.call('POST', link[0])
  })

  it('codes by mail and by SMS, copied to the customer', async () => {
    const { code, raw } = codeMail('by mail')
    const id = await attempt()
    expect(await scene.mail(address, raw)).toMatch(/^250 /)
    expect(await scene.mail(address, raw)).toMatch(/^250 /)
    await waitFor(() => logged('message_repeated'), 'the second one to be known')
    const got = await scene.call<{ code: string }>('GET', `/v2/attempt/${id}/code?wait=20`, undefined, {
      key: keys.runner,
    })
    expect(got.body.code).toBe(code)
    await scene.sink.waitFor(({ parsed }) => (parsed.text ?? '').includes(code), 15_000)
    const answer = await scene.call('POST', `/v2/attempt/${id}/answer`, { question: 'First pet?' })
    expect(answer.status).toBe(200)
    await scene.call('POST', `/v2/attempt/${id}/answer`, { question: 'Unknown?' })
    expect((await finish(id, { status: 'CONNECTED', code: 'accepted' })).status).toBe(200)

    const second = await attempt()
    const texted = scene.code('code by SMS')
    const body = `Sandbox Power: ${texted} is your sign-in code ${scene.marker('body by SMS')}`
    const url = `${scene.relay.url}/inbound/twilio/sms`
    const signedUrl = `http://localhost:${scene.relay.httpPort}/inbound/twilio/sms`
    const sms = { from: '72345', to: OUR_NUMBER, body }
    expect((await scene.twilio.deliver(sms, { url, signedUrl })).status).toBe(200)
    const bySms = await scene.call<{ code: string }>('GET', `/v2/attempt/${second}/code?wait=20`)
    expect(bySms.body.code).toBe(texted)
    await finish(second, { code: 'rejected', detail: 'the portal said no' })
    // Posts that are not Twilio's, with a text in them.
    for (const bad of [
      { url, signedUrl: url },
      { url, signedUrl, authToken: 'wrong' },
      { url, signedUrl, fields: { MessageSid: 'SMx' } },
      { url, signedUrl, fields: { AccountSid: `AC${'0'.repeat(32)}` } },
    ]) {
      const reply = await scene.twilio.deliver(sms, bad)
      expect(reply.status).toBeGreaterThanOrEqual(400)
      scene.hunt.place(`${reply.status} to Twilio`, await reply.text())
    }
  })

  it('mail that is ambiguous, quarantined, unreadable or a notice', async () => {
    const [one, two] = [scene.code('first of two'), scene.code('second of two')]
    const both = `Your Sandbox Power verification code is ${one}\r\n\r\nYour Sandbox Power verification code is ${two}\r\n`
    await scene.mail(address, message('Two', `${both}${scene.marker('body ambiguous')}`))
    const stranger = `From: x <x@stranger.test>\r\nFrom: y <y@stranger.test>\r\n${codeMail('in quarantine').raw}`
    await scene.mail(address, stranger, 'x@stranger.test')
    const { raw } = codeMail('unreadable')
    const depth = 200
    const parts = Array.from(
      { length: depth },
      (_, i) => `--b${i}\r\nContent-Type: multipart/mixed; boundary=b${i + 1}\r\n\r\n`,
    )
    await scene.mail(
      address,
      `Content-Type: multipart/mixed; boundary=b0\r\n${raw.split('\r\n\r\n')[0]}\r\n\r\n${parts.join('')}--b${depth}\r\n\r\n${raw}`,
    )
    await waitFor(() => logged('parser_failed'), 'the parser to give up')
    await scene.mail(address, message(scene.marker('subject notice'), scene.marker('body notice')))
    await scene.mail('postmaster', codeMail('to the operator').raw)
    await scene.mail(address, codeMail('with a bare LF').raw.replaceAll('\r\n', '\n'))
    await scene.mail('nobody@relay.test', codeMail('to nobody').raw)
    const upload = `/inbound/mime?sender=${SENDER}&recipient=`
    const asMail = { key: keys.inbound, headers: { 'content-type': 'message/rfc822' } }
    const kept = await scene.call('POST', upload + address, undefined, {
      ...asMail,
      raw: codeMail('by upload').raw,
      isWatched: true,
    })
    expect(kept.status, kept.text).toBe(202)
    await scene.call('POST', `${upload}nobody@relay.test`, undefined, {
      ...asMail,
      raw: codeMail('to 404').raw,
    })
  })

  it('what came is listed, viewed and released', async () => {
    type Listed = { items: { id: string; quarantined: boolean; extraction: { kind: string } }[] }
    const path = `/v2/connection/${connectionId}/messages`
    // A company sees that messages came, but neither code nor body: its replies are searched too.
    const forCompany = { key: keys.company, isWatched: true }
    const listed = await scene.call<Listed>('GET', path, undefined, { key: keys.company })
    const { items } = listed.body
    expect(new Set(items.map(({ extraction }) => extraction.kind))).toEqual(
      new Set(['code', 'none', 'notice', 'unread']),
    )
    scene.hunt.place('a company’s list of messages', listed.text.replace(/"subject":"[^"]*"/g, ''))
    for (const code of [...scene.hunt.secrets].filter(([name]) => name.startsWith('code '))) {
      expect(listed.text, code[0]).not.toContain(code[1])
    }
    for (const { id } of items) {
      expect((await scene.call('GET', `/v2/message/${id}?body=true`)).status).toBe(200)
      expect((await scene.call('GET', `/v2/message/${id}?body=true`, undefined, forCompany)).status).toBe(403)
      const stranger = { key: keys.stranger, isWatched: true }
      expect((await scene.call('GET', `/v2/message/${id}`, undefined, stranger)).status).toBe(404)
    }
    const quarantined = items.find((item) => item.quarantined && item.extraction.kind === 'code')
    expect(quarantined).toBeDefined()
    const released = await scene.call('POST', `/v2/message/${quarantined?.id}/release`, { pinSender: true })
    expect(released.status, released.text).toBe(200)
    for (const about of ['details', 'mfa', 'deliveries', 'triage']) {
      // The user name is the company's own; it is in the details.
      const isWatched = about !== 'details'
      await scene.call('GET', `/v2/connection/${connectionId}/${about}`, undefined, {
        key: keys.company,
        isWatched,
      })
    }
    await scene.call('GET', '/v2/audit?limit=500', undefined, { isWatched: true })
  })
})

describe('what goes wrong', () => {
  it('a next hop that says the message back in its refusal', async () => {
    scene.refuseCopies((text) => `I do not like: ${text}`)
    const refused = { status: 400, code: 30_007, message: '' }
    const { code, raw } = codeMail('refused by the next hop')
    scene.twilio.refuse('+14155550142', { ...refused, message: `Filtered: "your code is ${code}"` })
    await scene.mail(address, raw)
    await waitFor(() => {
      const lines = scene.relay
        .logs()
        .split('\n')
        .filter((line) => line.includes('"delivery_retried"'))
      return lines.some((line) => line.includes('email')) && lines.some((line) => line.includes('sms'))
    }, 'both copies to be refused')
    const path = `/v2/connection/${connectionId}/deliveries`
    const { text } = await scene.call('GET', path, undefined, { key: keys.company, isWatched: true })
    expect(text).toContain('I do not like')
    scene.refuseCopies(null)
    scene.twilio.refuse('+14155550142', null)
  }, 60_000)

  it('requests that are malformed, from strangers, or of the wrong kind', async () => {
    await sendMalformed(scene, companyId, connectionId)
    const { status } = await scene.call('POST', '/v2/extract', {
      sms: { From: '1', Body: codeMail('tried').raw },
    })
    expect(status).toBe(200)
  })
})

describe('afterwards', () => {
  it('nothing secret is in logs, metrics, refusals or files', async () => {
    const { hunt, relay, dataDir } = scene
    for (const path of ['/metrics', '/healthz', '/readyz', '/openapi.json']) {
      await scene.call('GET', path, undefined, { isWatched: true })
    }
    for (const { name, bytes } of storeFiles(dataDir)) hunt.place(`${name} while it runs`, bytes)
    expect(await relay.stop()).toBe(0)
    hunt.place('the log', relay.logs())
    for (const { name, bytes } of storeFiles(dataDir)) hunt.place(name, bytes)
    // The search would find what is there in the clear.
    expect(storeFiles(dataDir).some(({ bytes }) => bytes.includes(address))).toBe(true)
    expect(relay.logs()).toContain('"level":20')
    expect(hunt.secrets.size).toBeGreaterThan(50)
    expect(hunt.found()).toEqual([])
  })
})
