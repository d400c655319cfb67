import { describe, expect, it } from 'vitest'
import { readWebhook } from '../../src/inbound/sms/webhook-request.ts'

const form = (from: string): [string, string][] => [
  ['MessageSid', `SM${'a'.repeat(32)}`],
  ['AccountSid', `AC${'a'.repeat(32)}`],
  ['From', from],
  ['To', '+14155550100'],
  ['Body', 'Your code is 123456'],
]

describe('who sent a text', () => {
  for (const sender of ['72345', '+14155550123', 'PGE', 'My Utility', 'Énergie', 'whatsapp:+14155550123']) {
    it(`may be ${sender}`, () => expect(readWebhook(form(sender)).from).toBe(sender))
  }

  // A valid request's signature also fits these: it covers keys and values run together, sorted by key.
  for (const sender of [
    '72345MediaUrl00',
    '+14155550123FromCitySAN FRANCISCO',
    '+14155550123NumMedia0',
    '',
  ]) {
    it(`is not ${sender || 'nobody'}: a form cut apart at another place`, () => {
      expect(() => readWebhook(form(sender))).toThrow('From is not one that Twilio has')
    })
  }
})
