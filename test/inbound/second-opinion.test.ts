import { globSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { type AddressObject, simpleParser } from 'mailparser'
import { describe, expect, it } from 'vitest'
import { parseMime } from '../../src/inbound/parse-mime.ts'
import { findUnclearHeaders } from '../../src/trust/headers.ts'

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url))

/** On a long line of blanks mailparser computes for half a minute; such mail gets no second opinion. */
const blocksMailparser = (raw: Buffer): boolean =>
  raw
    .toString('latin1')
    .split('\n')
    .some((line) => line.length > 2_000)

const plain = (text: string | undefined | null): string => (text ?? '').replace(/\s+/g, ' ').trim()

describe('a second parser', () => {
  const files = globSync('**/*.eml', { cwd: FIXTURES }).sort()
  it('has many messages to look at', () => {
    expect(files.length).toBeGreaterThan(50)
  })

  it('reads the same in every fixture', { timeout: 60_000 }, async () => {
    for (const file of files) {
      const raw = readFileSync(`${FIXTURES}/${file}`)
      if (blocksMailparser(raw)) continue
      const ours = await parseMime(raw)
      const theirs = await simpleParser(raw, {
        skipHtmlToText: true,
        skipTextToHtml: true,
        skipImageLinks: true,
        skipTextLinks: true,
      })
      const name = relative('.', file)
      const from = (theirs.from as AddressObject | undefined)?.value ?? []
      if (ours.sender !== null) expect(from[0]?.address?.toLowerCase(), `sender of ${name}`).toBe(ours.sender)
      expect(plain(ours.subject), `subject of ${name}`).toBe(plain(theirs.subject))
      if (theirs.date) expect(ours.dateAt, `date of ${name}`).toBe(theirs.date.getTime())
      if (ours.attachments.length > 0) continue
      // Where plain parts stand beside HTML ones, the two parsers join them differently.
      if (theirs.html) expect(plain(ours.html), `HTML of ${name}`).toContain(plain(theirs.html))
      if (theirs.text && !ours.html) expect(plain(ours.text), `text of ${name}`).toBe(plain(theirs.text))
    }
  })

  it('sees the same headers, so that no honest message is thought unclear', async () => {
    for (const file of files) {
      const raw = readFileSync(`${FIXTURES}/${file}`)
      const theirs = await dkimVerify(raw, { sender: 'a@example.com', resolver: async () => [] })
      const names = theirs.headers?.parsed.map(({ key }) => key) ?? []
      const unclear = findUnclearHeaders(await parseMime(raw), names)
      expect(unclear?.code === 'unclear_headers' ? file : null).toBeNull()
    }
  })
})
