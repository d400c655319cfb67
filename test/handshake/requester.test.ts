import { expect, it } from 'vitest'
import { canonicalInbox } from '../../src/domain/inbox-address.ts'
import { extract } from '../../src/extract/read.ts'
import { parseMime } from '../../src/inbound/parse-mime.ts'
import { gmailQuestion } from './world.ts'

/*
 * Google hosts mail for anybody's domain, under addresses and names of their choosing, and writes both into its
 * question. None of that may make it look as if it came from a customer's inbox.
 */

const OURS = 'mfa-abcdefghij234567@relay.test'
const INBOX = 'pat@gmail.com'
const LINK = 'https://mail-settings.google.com/mail/vf-%5Babc%5D-def'

async function requesterIn(raw: string): Promise<string | null> {
  const found = extract(await parseMime(Buffer.from(raw)), null)
  if (found.kind !== 'forwarding_confirmation') throw new Error(`read as ${found.kind}`)
  return found.requester ? canonicalInbox(found.requester) : null
}

it('is the mailbox that Google names', async () => {
  expect(await requesterIn(gmailQuestion(OURS, INBOX, LINK))).toBe(INBOX)
  expect(await requesterIn(gmailQuestion(OURS, 'Pat+x@gmail.com', LINK))).toBe(INBOX)
})

it.each([
  ['at a domain that begins alike', `${INBOX}.evil.test`],
  ['at one with many labels', `${INBOX}.a.b.c.d.e.f.evil.test`],
  ['at one with short labels', `${INBOX}.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.test`],
  ['at one with a hyphen', `${INBOX}-evil.test`],
  ['at one with a digit', `${INBOX}2.test`],
  ['at an internationalised one', `${INBOX}.xn--evl-2na.test`],
  ['with a local part that ends alike', `x'${INBOX}`],
  ['with another letter before it', `x!${INBOX}`],
  ['with a long local part', `${'x'.repeat(64)}.${INBOX}`],
  ['with letters of another alphabet', `\u0440${INBOX}`],
  ['with a second @', `${INBOX}@evil.test`],
])('is not the customer when a stranger asks %s', async (_, stranger) => {
  expect(await requesterIn(gmailQuestion(OURS, stranger, LINK))).not.toBe(INBOX)
})

it('is nobody where a stranger has named their organisation after the customer', async () => {
  const question = gmailQuestion(OURS, 'mallory@evil.test', LINK)
  const named = question.replace('Gmail Forwarding', `${INBOX} Forwarding`)
  expect(await requesterIn(named)).toBeNull()
  expect(await requesterIn(gmailQuestion(OURS, 'mallory@evil.test', LINK, `for ${INBOX}`))).not.toBe(INBOX)
  const noSubject = named.replace(/^Subject: .*$/m, `Subject: ${INBOX}`)
  expect(await requesterIn(noSubject)).toBeNull()
})
