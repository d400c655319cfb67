import { afterAll, beforeAll, expect, it } from 'vitest'
import { provision } from '../support/relay.ts'
import { waitFor } from '../support/wait-for.ts'
import { type Google, startGoogle } from './google.ts'
import { gmailQuestion, type HandshakeWorld, startHandshakeWorld } from './world.ts'

/* CONFIRM_FORWARDING=auto in a whole relay: Google's question by signed mail, the answer over HTTPS. */

const link = (name: string, host = 'mail-settings.google.com') => `https://${host}/mail/vf-%5B${name}%5D-abc`

let google: Google
let world: HandshakeWorld
beforeAll(async () => {
  google = await startGoogle()
  world = await startHandshakeWorld({ CONFIRM_FORWARDING: 'auto' }, { providerFetch: google.fetch })
  world.dns.set('TXT', '_dmarc.google.com', 'v=DMARC1; p=reject')
})
afterAll(async () => {
  await world?.close()
  await google?.close()
})

type Mfa = { health: { forwarding: { state: string }[] } }

/** A customer whose inbox is asked about with this link; answers how far it is. */
async function asked(name: string, question: { link: string; signedBy?: string; requester?: string }) {
  const inbox = `${name}@gmail.com`
  const setUp = { method: 'inbox_forwarding', inboxAddresses: [inbox], emails: ['pat@customer.test'] }
  const { connectionId, emailAddress } = await provision(world.relay, setUp)
  const mail = gmailQuestion(emailAddress, question.requester ?? inbox, question.link)
  const raw = await world.sign(mail, question.signedBy ?? 'google.com')
  await world.send(raw, { from: 'forwarding-noreply@google.com', to: emailAddress })
  return async () => {
    const { body } = await world.relay.api<Mfa>('GET', `/v2/connection/${connectionId}/mfa`)
    return body.health.forwarding[0]?.state
  }
}

it('answers Google, and nobody else, wherever links and redirects point', async () => {
  google.answer((request, response) => {
    const elsewhere = request.url?.includes('away') ? { location: link('stolen', 'evil.test') } : {}
    response
      .writeHead('location' in elsewhere ? 302 : 200, elsewhere)
      .end('<title>Confirmation Success!</title>')
  })
  const elsewhere = await asked('elsewhere', { link: link('evil', 'evil.test') })
  const cancelling = await asked('cancelling', { link: link('no').replace('/vf-', '/uf-') })
  const forged = await asked('forged', { link: link('forged'), signedBy: 'evil.test' })
  const stranger = await asked('stranger', { link: link('stranger'), requester: 'mallory@gmail.com' })
  const led = await asked('led', { link: link('away') })
  const good = await asked('good', { link: link('good') })

  await waitFor(async () => (await good()) === 'confirmed', 'the answer', 25_000)
  await waitFor(() => google.asked.length === 2, 'the answer that was led away')
  expect(google.asked.map(({ line, body }) => [line, body]).sort()).toEqual([
    ['POST mail-settings.google.com/mail/vf-%5Baway%5D-abc', ''],
    ['POST mail-settings.google.com/mail/vf-%5Bgood%5D-abc', ''],
  ])
  expect(await led()).toBe('confirmation_seen')
  expect(await forged()).toBe('waiting')
  expect(await stranger()).toBe('waiting')
  for (const state of [elsewhere, cancelling]) expect(await state()).not.toBe('confirmed')

  const audit = await world.relay.api<{ items: { action: string; actor: string; detail: string }[] }>(
    'GET',
    '/v2/audit?limit=100',
  )
  expect(audit.body.items.filter(({ action }) => action === 'forwarding.confirmed')).toMatchObject([
    { actor: 'relay', detail: 'good@gmail.com' },
  ])
}, 60_000)
