import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN_KEY, startRelay, type TestRelay } from '../support/relay.ts'

let relay: TestRelay

beforeAll(async () => {
  relay = await startRelay()
})
afterAll(async () => {
  await relay.close()
  relay.remove()
})

const MAIL = new Uint8Array(
  readFileSync(new URL('../../fixtures/corpus/develop/positive/01-pge-marketing-cloud.eml', import.meta.url)),
)

const tryMail = async (
  query: string,
  body: string | Uint8Array<ArrayBuffer>,
  contentType = 'message/rfc822',
) => {
  const response = await fetch(`${relay.url}/v2/extract${query}`, {
    method: 'POST',
    headers: { 'x-api-key': ADMIN_KEY, 'content-type': contentType },
    body,
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

it('reads a message that is only tried, with and without a utility, and stores nothing', async () => {
  expect(await tryMail('', MAIL)).toMatchObject({ status: 200, body: { kind: 'code', code: '507316' } })
  expect(await tryMail('?utility=pge', MAIL)).toMatchObject({ body: { kind: 'code', code: '507316' } })
})

it('reads a text message as Twilio names it', async () => {
  const text = {
    sms: { From: '72345', To: '+14155550101', Body: 'Sandbox Power: 808182 is your sign-in code' },
  }
  const reply = await tryMail('?utility=sandbox-power', JSON.stringify(text), 'application/json')
  expect(reply).toMatchObject({ status: 200, body: { kind: 'code', code: '808182' } })
})

it('says what is wrong with what it was given', async () => {
  expect(await tryMail('?utility=duke-enrgy', MAIL)).toMatchObject({
    status: 422,
    body: { error: { code: 'unknown_utility', details: { nearest: ['duke-energy'] } } },
  })
  expect((await tryMail('', '{"sms":', 'application/json')).status).toBe(400)
  expect((await tryMail('', '')).status).toBe(400)
})
