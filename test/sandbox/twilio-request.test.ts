import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { twilioWebhook } from '../../src/sandbox/twilio-request.ts'

const SMS = {
  sid: `SM${'0'.repeat(32)}`,
  from: '72345',
  to: '+14155550100',
  body: 'Sandbox Power: é & 1+1=2',
}

async function withWebhook(status: number, use: (relayUrl: string, seen: () => unknown) => Promise<void>) {
  let valid: boolean | undefined
  const app = new Hono().post('/inbound/twilio/sms', async (c) => {
    const form = (await c.req.parseBody()) as Record<string, string>
    const signature = c.req.header('x-twilio-signature') ?? ''
    valid = twilio.validateRequest('token', signature, 'https://relay.test/inbound/twilio/sms', form)
    return c.body(null, status as 200)
  })
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise<void>((resolve) => server.once('listening', resolve))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => valid)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

describe('an SMS brought to the relay', () => {
  const options = { publicUrl: 'https://relay.test', accountSid: 'AC1', authToken: 'token' }

  it("has a signature that Twilio's own library finds valid, over the public address", () =>
    withWebhook(200, async (relayUrl, seen) => {
      await twilioWebhook({ ...options, relayUrl })(SMS)
      expect(seen()).toBe(true)
      await twilioWebhook({ ...options, relayUrl, authToken: 'another' })(SMS)
      expect(seen()).toBe(false)
    }))

  it('fails when the relay does not take it', () =>
    withWebhook(403, async (relayUrl) => {
      await expect(twilioWebhook({ ...options, relayUrl })(SMS)).rejects.toThrow('403')
    }))
})
