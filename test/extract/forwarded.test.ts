import { describe, expect, test } from 'vitest'
import { bareSubject, splitParts } from '../../src/extract/forwarded.ts'
import { extract } from '../../src/extract/read.ts'
import { readSentDate } from '../../src/extract/sent-date.ts'
import { readPlain } from '../../src/extract/visible-text/plain.ts'
import { mail, message } from './support.ts'

const parts = (text: string, subject: string | null) =>
  splitParts(readPlain(text), subject).map(({ kind, subject: inner, page }) => [kind, inner, page.text])

describe('parts of a body', () => {
  test('a forward speaks with its own subject', () => {
    const text =
      'see below\n\n---------- Forwarded message ---------\nFrom: A <a@b.example>\nDate: Mon, 2 Mar 2026\nSubject: Your code\nTo: <c@d.example>\n\nIt is 482913'
    expect(parts(text, 'Fwd: Your code')).toEqual([
      ['top', null, 'see below'],
      ['forward', 'Your code', 'It is 482913'],
    ])
  })
  test('what an answer quotes is history', () => {
    const text = 'thanks\n\nOn Mon, 2 Mar 2026 at 10:22, A <a@b.example> wrote:\n> Your code is 482913'
    expect(parts(text, 'Re: Your code').map(([kind]) => kind)).toEqual(['top', 'history'])
  })
  test('the same header block is a forward or an answer, as the subject says', () => {
    const text =
      'x\n\nFrom: A\nSent: Monday, March 2, 2026 10:22 AM\nTo: B\nSubject: Code\n\nYour code is 482913'
    expect(parts(text, 'FW: Code').at(-1)![0]).toBe('forward')
    expect(parts(text, 'RE: Code').at(-1)![0]).toBe('history')
  })
  test('quote marks end a forward', () => {
    const text =
      'Begin forwarded message:\n\n> From: A <a@b.example>\n> Subject: Code\n> Date: 2 March 2026\n>\n> Your code is 482913\n\nAna, 704-555-0142'
    expect(parts(text, 'Fwd: Code').at(-1)![2]).toBe('Your code is 482913')
  })
  test('a sentence that begins with From is no header block', () => {
    expect(parts('From: now on we text you.\nYour code is 482913', null)).toHaveLength(1)
  })
  test.each([
    ['Fwd: RE: Your code', 'Your code'],
    ['TR : Votre code', 'Votre code'],
    ['RV: Su código', 'Su código'],
    ['Re[2]: x', 'x'],
    ['Reset code', 'Reset code'],
  ])('%s without its prefixes', (subject, bare) => expect(bareSubject(subject)).toBe(bare))
})

describe('old and new', () => {
  const forwarded = (first: string, second: string) =>
    `---------- Forwarded message ---------\nFrom: U <u@u.example>\nDate: ${first}\nSubject: Code\nTo: a\n\nYour code is 111222\n\n---------- Forwarded message ---------\nFrom: U <u@u.example>\nDate: ${second}\nSubject: Code\nTo: a\n\nYour code is 333444`
  test('of two forwarded codes the one sent last', () => {
    const [early, late] = ['Mon, Mar 2, 2026 at 10:22 AM', 'Mon, Mar 2, 2026 at 10:31 AM']
    expect(extract(mail(forwarded(early, late), 'Fwd: Code'), null)).toMatchObject({ code: '333444' })
    expect(extract(mail(forwarded(late, early), 'Fwd: Code'), null)).toMatchObject({ code: '111222' })
  })
  test('ambiguous when nobody can tell', () => {
    const text = forwarded('yesterday', 'today')
    expect(extract(mail(text, 'Fwd: Code'), null)).toMatchObject({ kind: 'none', reason: 'ambiguous' })
  })
  test('a code at the top makes what is quoted below history', () => {
    const text =
      'Your code is 333444\n\nFrom: U <u@u.example>\nSent: Monday, March 2, 2026 10:22 AM\nTo: a\nSubject: Code\n\nYour code is 111222'
    expect(extract(mail(text, 'Your code'), null)).toMatchObject({ code: '333444' })
  })
  test('an attached message is read, also encoded', () => {
    const body = Buffer.from('<p>Your code is <b>482 913</b></p>').toString('base64')
    const content = `From: U <u@u.example>\r\nSubject: =?utf-8?q?Code_d'acc=C3=A8s?=\r\nDate: Mon, 2 Mar 2026 10:22:00 -0500\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}\r\n--b--\r\n`
    const given = message({
      text: 'attached, call me on 704-555-0142',
      subject: 'code',
      attachments: [{ filename: null, mimeType: 'message/rfc822', size: content.length, content }],
    })
    expect(extract(given, null)).toMatchObject({ kind: 'code', code: '482913' })
  })
})

describe('dates of header blocks', () => {
  test.each([
    ['Tue, Mar 3, 2026 at 10:22 AM', '2026-03-03T10:22:00.000Z'],
    ['Tuesday, March 3, 2026 10:22 PM', '2026-03-03T22:22:00.000Z'],
    ['mar. 3 mars 2026, à 13 h 04', '2026-03-03T13:04:00.000Z'],
    ['martes, 3 de marzo de 2026 10:22', '2026-03-03T10:22:00.000Z'],
    ['2026-03-03 10:22:14', '2026-03-03T10:22:14.000Z'],
    ['03.03.2026 10:22', '2026-03-03T10:22:00.000Z'],
    ['12:05 a. m. 3 Mar 2026', '2026-03-03T00:05:00.000Z'],
  ])('%s', (value, iso) => expect(new Date(readSentDate(value)!).toISOString()).toBe(iso))
  test('none without a time of day', () => expect(readSentDate('yesterday')).toBeNull())
})
