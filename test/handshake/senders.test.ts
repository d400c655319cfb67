import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provision, type TestRelay } from '../support/relay.ts'
import { waitFor } from '../support/wait-for.ts'
import { type HandshakeWorld, letter, startHandshakeWorld } from './world.ts'

/** A host of the utility's that no definition lists. */
const NEW_DOMAIN = 'notify.citywater.test'
const URL = 'https://portal.citywater.test/login'
type Sender = {
  id: string
  sender: string
  connectionId: string | null
  companies: number
  approvable: boolean
}
type Page = { total: number; items: Sender[] }
type Home = Awaited<ReturnType<typeof provision>>

let world: HandshakeWorld
let relay: TestRelay
beforeAll(async () => {
  world = await startHandshakeWorld()
  relay = world.relay
})
afterAll(() => world.close())

const home = () => provision(relay, { utility: 'sandbox-power', url: URL })
const open = async ({ connectionId }: Home) =>
  (await relay.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})).body.id
const codeOf = (attempt: string, wait = 0) =>
  relay.api<{ code: string; verdict: string }>('GET', `/v2/attempt/${attempt}/code?wait=${wait}`)
const close = (attempt: string, code: string) =>
  relay.api('POST', `/v2/attempt/${attempt}/outcome`, { status: 'CONNECTED', code })
const write = async (to: string, domain: string, code: string) => {
  const raw = letter({
    from: `City Water <no-reply@${domain}>`,
    to,
    subject: 'Your sign-in code',
    text: `Your Sandbox Power verification code is ${code}`,
  })
  await world.send(await world.sign(raw, domain), { from: `bounce@${domain}`, to })
}
const pinsOf = async (query: string) => (await relay.api<Page>('GET', `/v2/sender?${query}`)).body
/** A login that a code of the new sender gets through. */
async function learn(one: Home): Promise<void> {
  const attempt = await open(one)
  await write(one.emailAddress, NEW_DOMAIN, '482913')
  expect((await codeOf(attempt, 10)).body).toMatchObject({ code: '482913', verdict: 'candidate' })
  expect((await close(attempt, 'accepted')).status).toBe(200)
}

describe('a sender that moves', () => {
  it('is learnt by what the portal accepts, for that connection alone', async () => {
    const one = await home()
    await learn(one)
    const { items } = await pinsOf(`connectionId=${one.connectionId}`)
    expect(items).toMatchObject([{ sender: NEW_DOMAIN, connectionId: one.connectionId, approvable: false }])
    // From now on it needs no login to be believed.
    await write(one.emailAddress, NEW_DOMAIN, '113355')
    const other = await home()
    await write(other.emailAddress, NEW_DOMAIN, '224466')
    const newest = async ({ connectionId }: Home) => {
      const path = `/v2/connection/${connectionId}/messages`
      const { body } = await relay.api<{ items: { verdict: { level: string } }[] }>('GET', path)
      return body.items[0]?.verdict.level
    }
    expect(await newest(one)).toBe('trusted')
    expect(await newest(other)).toBe('untrusted')
  })

  it('is not learnt by what the portal refused, or never said a word about', async () => {
    const one = await home()
    for (const outcome of ['rejected', 'not_requested']) {
      const attempt = await open(one)
      await write(one.emailAddress, NEW_DOMAIN, outcome === 'rejected' ? '482913' : '482914')
      expect((await codeOf(attempt, 10)).status).toBe(200)
      await close(attempt, outcome)
    }
    expect((await pinsOf(`connectionId=${one.connectionId}`)).total).toBe(0)
  })

  it('is not learnt from the customer’s own mail, whatever the portal says', async () => {
    const one = await provision(relay, { method: 'inbox_forwarding', inboxAddresses: ['pat@customer.test'] })
    const attempt = await open(one)
    const raw = letter({
      from: 'Pat <pat@customer.test>',
      to: one.emailAddress,
      subject: 'Fwd: Your sign-in code',
      text: 'Your Sandbox Power verification code is 482913',
    })
    await world.send(await world.sign(raw, 'customer.test'), {
      from: 'pat@customer.test',
      to: one.emailAddress,
    })
    expect((await codeOf(attempt, 10)).body).toMatchObject({ code: '482913', verdict: 'candidate' })
    await close(attempt, 'accepted')
    expect((await pinsOf(`connectionId=${one.connectionId}`)).total).toBe(0)
  })

  it('is not learnt from the customer’s own mail when a person releases it', async () => {
    const one = await provision(relay, { method: 'inbox_forwarding', inboxAddresses: ['pat@customer.test'] })
    const raw = letter({
      from: 'pat@customer.test',
      to: one.emailAddress,
      subject: 'Fwd',
      text: 'code 482913',
    })
    await world.send(raw, { from: 'pat@customer.test', to: one.emailAddress })
    const kept = await relay.api<{ items: { id: string; quarantined: boolean }[] }>(
      'GET',
      `/v2/connection/${one.connectionId}/messages`,
    )
    expect(kept.body.items).toMatchObject([{ quarantined: true }])
    await relay.api('POST', `/v2/message/${kept.body.items[0]!.id}/release`, { pinSender: true })
    expect((await pinsOf(`connectionId=${one.connectionId}`)).total).toBe(0)
  })

  it('is not offered to a login that an attacker’s mail comes to', async () => {
    const one = await home()
    const attempt = await open(one)
    await write(one.emailAddress, 'evil.test', '000000')
    await write(one.emailAddress, 'citywater-portal.test', '000000')
    await waitFor(async () => {
      const { body } = await relay.api<{ total: number }>(
        'GET',
        `/v2/connection/${one.connectionId}/messages`,
      )
      return body.total === 2
    }, 'both messages')
    expect((await codeOf(attempt)).status).toBe(204)
    await close(attempt, 'not_received')
  })

  it('belongs to the utility once three companies have it and a person approved; and can be revoked', async () => {
    const first = await home()
    await learn(first)
    const pinOf = async ({ connectionId }: Home) =>
      (await pinsOf('utility=sandbox-power&limit=100')).items.find(
        (pin) => pin.connectionId === connectionId,
      )!
    const known = (await pinOf(first)).companies
    for (let companies = known; companies < 3; companies += 1) {
      const early = await relay.api('POST', `/v2/sender/${(await pinOf(first)).id}/approve`)
      expect(early.status).toBe(409)
      await learn(await home())
    }
    expect(await pinOf(first)).toMatchObject({ companies: 3, approvable: true })
    const approved = await relay.api<Sender>('POST', `/v2/sender/${(await pinOf(first)).id}/approve`)
    expect(approved).toMatchObject({ status: 200, body: { connectionId: null, sender: NEW_DOMAIN } })
    // Asking twice is safe.
    expect((await relay.api<Sender>('POST', `/v2/sender/${(await pinOf(first)).id}/approve`)).body.id).toBe(
      approved.body.id,
    )

    const stranger = await provision(relay, { utility: 'sandbox-power' })
    const attempt = await open(stranger)
    await write(stranger.emailAddress, NEW_DOMAIN, '482913')
    expect((await codeOf(attempt, 10)).body).toMatchObject({ verdict: 'trusted' })
    await close(attempt, 'accepted')

    expect((await relay.api('DELETE', `/v2/sender/${approved.body.id}`)).status).toBe(204)
    expect((await relay.api('DELETE', `/v2/sender/${approved.body.id}`)).status).toBe(404)
    const again = await open(stranger)
    await write(stranger.emailAddress, NEW_DOMAIN, '482914')
    expect((await codeOf(again)).status).toBe(204)
    const { body } = await relay.api<{ items: { action: string }[] }>('GET', '/v2/audit?limit=100')
    const actions = body.items.map(({ action }) => action)
    for (const action of ['sender.pinned', 'sender.approved', 'sender.unpinned'])
      expect(actions).toContain(action)
  })

  it('is nobody’s business but administrators’', async () => {
    const { companyId } = await home()
    for (const scope of ['company', 'runner']) {
      const { body } = await relay.api<{ key: string }>('POST', '/v2/key', { scope, companyId })
      for (const [method, path] of [
        ['GET', '/v2/sender'],
        ['DELETE', '/v2/sender/x'],
        ['POST', '/v2/sender/x/approve'],
      ] as const) {
        expect((await relay.api(method, path, undefined, body.key)).status).toBe(403)
      }
    }
  })
})

describe('with NEW_SENDERS=quarantine', () => {
  it('nothing is offered, and all is kept', async () => {
    const strict = await startHandshakeWorld({ NEW_SENDERS: 'quarantine' })
    try {
      const one = await provision(strict.relay, { utility: 'sandbox-power', url: URL })
      const path = `/v2/connection/${one.connectionId}`
      const attempt = await strict.relay.api<{ id: string }>('POST', `${path}/attempt`, {})
      const raw = letter({
        from: `no-reply@${NEW_DOMAIN}`,
        to: one.emailAddress,
        subject: 'Your code',
        text: 'Your Sandbox Power verification code is 482913',
      })
      await strict.send(await strict.sign(raw, NEW_DOMAIN), { from: `x@${NEW_DOMAIN}`, to: one.emailAddress })
      const kept = await strict.relay.api<{ items: { quarantined: boolean }[] }>('GET', `${path}/messages`)
      expect(kept.body.items).toMatchObject([{ quarantined: true }])
      expect((await strict.relay.api('GET', `/v2/attempt/${attempt.body.id}/code?wait=0`)).status).toBe(204)
    } finally {
      await strict.close()
    }
  })
})
