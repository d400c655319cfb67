import { describe, expect, test } from 'vitest'
import { explain } from '../../src/extract/explain.ts'
import { extract } from '../../src/extract/read.ts'
import { htmlMail, mail, message, sms } from './support.ts'

const GMAIL = {
  sender: 'forwarding-noreply@google.com',
  text: 'ana@gmail.com has requested to automatically forward mail to your email address m1@in.relay.example.\n\nConfirmation code: 614920338\n\nhttps://mail-settings.google.com/mail/vf-%5Babc%5D-xyz\n\nTo cancel: https://mail-settings.google.com/mail/uf-%5Babc%5D-xyz',
  subject: '(#614920338) Gmail Forwarding Confirmation - Receive Mail from ana@gmail.com',
  headers: [{ key: 'to', value: 'm1@in.relay.example' }],
}

describe('forwarding confirmations', () => {
  test('Gmail: requester, link and number, never a login code', () => {
    expect(extract(message(GMAIL), null)).toMatchObject({
      kind: 'forwarding_confirmation',
      provider: 'gmail',
      requester: 'ana@gmail.com',
      link: 'https://mail-settings.google.com/mail/vf-%5Babc%5D-xyz',
      code: '614920338',
    })
  })
  test('the link that cancels is never given', () => {
    const text = 'ana@gmail.com asks. Cancel: https://mail-settings.google.com/mail/uf-%5Babc%5D-xyz'
    expect(extract(message({ ...GMAIL, text }), null)).not.toHaveProperty('link')
  })
  test('a provider nobody knows', () => {
    const text =
      'ana@isp.example asked us to automatically forward their email to you. Please confirm: https://isp.example/confirm?x=1 or decline: https://isp.example/decline?x=1'
    expect(
      extract(message({ sender: 'noreply@isp.example', subject: 'Please confirm', text }), null),
    ).toMatchObject({
      kind: 'forwarding_confirmation',
      provider: 'other',
      requester: 'ana@isp.example',
      link: 'https://isp.example/confirm?x=1',
    })
  })
  test('a portal that asks not to forward its code is none', () => {
    const text =
      'Your verification code is 482913. Do not forward this email. Questions: https://u.example/help'
    expect(extract(mail(text, 'Your verification code'), null)).toMatchObject({
      kind: 'code',
      code: '482913',
    })
  })
})

describe('other kinds', () => {
  test.each([
    [
      'bounce',
      {
        sender: 'mailer-daemon@mx.example',
        subject: 'Undelivered Mail Returned to Sender',
        text: 'Your code is 482913',
      },
    ],
    [
      'bounce',
      {
        headers: [{ key: 'content-type', value: 'multipart/report; report-type=delivery-status' }],
        text: 'Code 482913',
      },
    ],
    [
      'auto_reply',
      { headers: [{ key: 'auto-submitted', value: 'auto-replied' }], subject: 'Re: 482913 is your code' },
    ],
    ['auto_reply', { subject: 'Automatic reply: Your code is 482913', text: 'I am away.' }],
    ['auto_reply', { subject: 'Réponse automatique : absence', text: 'De retour le 3 mars.' }],
    [
      'invitation',
      {
        subject: 'You are invited',
        text: 'Ana Park has invited you to be an authorized user. Accept the invitation.',
      },
    ],
    ['notice', { subject: 'Your bill is ready', text: 'Amount due $92.10 by 03/22.' }],
  ])('%s', (kind, given) => expect(extract(message(given), null).kind).toBe(kind))

  test('a portal that marks its code auto-generated is read', () => {
    const headers = [{ key: 'auto-submitted', value: 'auto-generated' }]
    expect(extract(message({ headers, text: 'Your code is 482913' }), null)).toMatchObject({ code: '482913' })
  })
  test('a sign-in link with its address', () => {
    const html =
      '<p>Use this link to sign in. The link expires in 15 minutes.</p><a href="https://u.example/s?t=1">Sign in</a>'
    expect(extract(htmlMail(html, 'Your sign-in link'), null)).toMatchObject({
      kind: 'sign_in_link',
      link: 'https://u.example/s?t=1',
    })
  })
})

describe('what else a message says', () => {
  test.each([
    ['Your code is 482913. It expires in 10 minutes.', 600],
    ['Votre code est 482913. Il expire dans 5 minutes.', 300],
    ['Su código es 482913. Vence en una hora.', 3600],
    ['Your code is 482913. Valid for 30 seconds.', 30],
    ['Your code is 482913.', undefined],
  ])('%s', (text, validForSeconds) => {
    const extraction = extract(sms(text), null)
    expect(extraction.kind === 'code' && extraction.validForSeconds).toBe(validForSeconds)
  })
  test('text and HTML that name different codes are ambiguous', () => {
    const given = message({ html: '<p>Your code is 482913</p>', text: 'Your code is 771204' })
    expect(extract(given, null)).toMatchObject({ kind: 'none', reason: 'ambiguous' })
  })
  test('a text part that only points to a browser does no harm', () => {
    const given = message({
      html: '<p>Your code is 482913</p>',
      text: 'View in your browser: https://u.example/771204',
    })
    expect(extract(given, null)).toMatchObject({ code: '482913' })
  })
  test('the explanation names every number and why', () => {
    const words = explain(extract(sms('Your verification code for account 5510281 is 482913.'), null))
    expect(words).toContain('The code is 482913')
    expect(words).toContain('+ follows "verification code"')
    expect(words).toMatch(/5510281.*\n {2}- is called "account"$/)
  })
})
