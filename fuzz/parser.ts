import { readFileSync } from 'node:fs'
import type { ReaderSettings } from '../src/assemble-worker.ts'
import type { Extraction } from '../src/domain/extraction.ts'
import type { InboundMessage } from '../src/domain/message.ts'
import { parseMime } from '../src/inbound/parse-mime.ts'
import { createReaderPool } from '../src/inbound/reader-pool.ts'
import { BUILT_IN_UTILITIES, loadUtilities } from '../src/utilities/load.ts'
import { corpus } from '../test/extract/support.ts'
import { contextOf, MAILBOX } from '../test/inbound/support.ts'
import { DECOYS, hideInside } from './decoys.ts'
import type { Target } from './loop.ts'
import { mutateText } from './mutate.ts'
import type { Random } from './random.ts'

/*
 * Parsing, judging and extraction in the reader's threads, on fixtures that were changed. Broken promises: a message
 * that makes the reader throw or run into its deadline, a verdict other than the three, a code that stands nowhere
 * in what a person would see.
 */

const WORDS = [
  '\r\n\r\n',
  '\r\n',
  'Subject: ',
  'From: a@example.com\r\n',
  'Content-Type: multipart/alternative; boundary=b\r\n',
  'Content-Type: message/rfc822\r\n\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  'Content-Transfer-Encoding: quoted-printable\r\n',
  '; charset=utf-16le',
  '; charset=iso-2022-jp',
  '--b\r\n',
  '=?utf-8?b?MTIzNDU2?=',
  '=?utf-8?q?=0D=0ASubject:_x?=',
  '<div style="display:none">',
  '<!--',
  '-->',
  '<style>',
  '</table>',
  '<td>',
  '&#49;',
  '&zwnj;',
  '\u200b',
  '\u202e',
  'Your verification code is 123456. ',
  ' 987654 ',
  '---------- Forwarded message ---------\r\n',
  '> ',
]
/** Bytes beyond which fixtures only cost time. */
const LARGEST = 120_000
/** Most of this is spent by other work on the machine; what runs wild takes a hundred times as long. */
const DEADLINE_MS = 8_000

export async function parserTarget(): Promise<Target> {
  const { utilities } = loadUtilities({ builtInDir: BUILT_IN_UTILITIES })
  const settings: ReaderSettings = {
    logLevel: 'silent',
    trustedNetworks: ['127.0.0.0/8'],
    dnsServers: ['127.0.0.1:9'],
    utilitiesDir: '',
    newSenders: 'candidate',
  }
  const pool = await createReaderPool({
    workers: 1,
    deadlineMs: DEADLINE_MS,
    entry: new URL('../src/assemble-worker.ts', import.meta.url),
    utilities,
    settings,
  })
  const fixtures = corpus('develop')
    .filter(({ path }) => path.endsWith('.eml'))
    .map(({ path }) => readFileSync(path, 'latin1'))
    .filter(({ length }) => length < LARGEST)
  const ids = [...utilities.keys(), 'other']
  const read = async (random: Random, raw: string): Promise<Extraction> => {
    const utility = random.pick(ids)
    const context = contextOf(MAILBOX, {}, { utility })
    const { perMailbox } = await pool.read(asMessage(raw), [{ context }])
    const { verdict, extraction } = perMailbox[0]!
    if (!['trusted', 'candidate', 'untrusted'].includes(verdict.level)) throw new Error(verdict.level)
    if (extraction.kind === 'unread' && extraction.reason !== 'unparsable') {
      throw new Error(`${extraction.reason}, read as ${utility}:\n${JSON.stringify(raw).slice(0, 3_000)}`)
    }
    return extraction
  }
  return {
    async round(random) {
      if (random.chance(0.3)) return hiddenRound(random, random.pick(fixtures), read)
      const base = random.pick(fixtures)
      const joined = random.chance(0.1) ? base + random.pick(fixtures) : base
      const raw = mutateText(random, joined, WORDS, 5)
      const extraction = await read(random, raw)
      if (extraction.kind === 'code') await checkVisible(extraction.code, raw)
      return `changed: ${extraction.kind}`
    },
    stop: () => pool.close(),
  }
}

/** A code that nobody can see must not be handed out, whatever stands beside it. */
async function hiddenRound(
  random: Random,
  raw: string,
  read: (random: Random, raw: string) => Promise<Extraction>,
): Promise<string> {
  const hidden = hideInside(random, raw)
  if (hidden === null) return 'hidden: no HTML to hide in'
  const extraction = await read(random, hidden.raw)
  if (extraction.kind === 'code' && extraction.code === hidden.code) {
    throw new Error(`a hidden code was read, in ${DECOYS[hidden.way]}:\n${hidden.raw.slice(0, 3_000)}`)
  }
  return `hidden: ${extraction.kind}`
}

const asMessage = (raw: string): InboundMessage => ({
  channel: 'email',
  id: 'fuzz',
  door: 'smtp',
  receivedAt: Date.now(),
  envelope: { sender: 'a@example.com', recipients: [MAILBOX] },
  client: { address: '127.0.0.1', helo: 'x', tls: false },
  raw: Buffer.from(raw, 'latin1'),
})

/**
 * The code's characters in a row somewhere in what was sent, once decoded: no reader may put a code together that
 * nobody wrote. What is written but not seen is for {@link hiddenRound}.
 */
async function checkVisible(code: string, raw: string): Promise<void> {
  const seen = await everythingIn(Buffer.from(raw, 'latin1'))
  const wanted = squeeze(code)
  // With and without tags: they may stand between digits, and may hold them. Where a tag ends is a matter of quotes.
  // Comments and digits that nobody sees may stand among those of the code.
  const lighter = [...seen]
  for (const unseen of [/<!--[\s\S]*?(?:-->|$)/g, /<(\w+)[^>]*display:\s*none[^>]*>[^<]*<\/\1>/gi]) {
    lighter.push(...lighter.map((part) => part.replace(unseen, '')))
  }
  const readings = lighter.flatMap((part) => [part, ...TAGS.map((tag) => part.replace(tag, ''))])
  if (readings.some((reading) => squeeze(reading).includes(wanted))) return
  // Where markup is torn, no two readers agree on what is text: then its characters must at least be there in order.
  const inOrder = new RegExp([...wanted].join('[\\s\\S]{0,2000}?'))
  if (seen.some((part) => /<\w/.test(part) && inOrder.test(part.toLowerCase()))) return
  throw new Error(`the code ${code} is nowhere in:\n${JSON.stringify(raw).slice(0, 3_000)}`)
}

/** What is a tag: readers differ where quotes are torn. */
const TAGS = [
  /<[^>]*>/g,
  /<(?:[^<>"']|"[^"]*"|'[^']*')*>/g,
  /<(?:[^>"']|"[^"]*"|'[^']*')*>/g,
  /<(?:[^<>"']|"[^"<>]*"|'[^'<>]*')*>?/g,
]

/** All texts of a message and of those attached to it. */
async function everythingIn(raw: Uint8Array, depth = 0): Promise<string[]> {
  const { subject, text, html, attachments } = await parseMime(raw)
  const carried = attachments.flatMap(({ content }) => content ?? [])
  const deeper = depth < 3 ? carried.map((content) => everythingIn(Buffer.from(content), depth + 1)) : []
  return [
    ...[subject, text, html, ...carried].map((part) => decode(part ?? '')),
    ...(await Promise.all(deeper)).flat(),
  ]
}

const squeeze = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[\s\p{P}\p{S}\p{Cf}\p{Cc}\p{M}]+/gu, '')
    .toLowerCase()

/** Entities, and quoted-printable whose header was lost. */
const decode = (text: string): string =>
  text
    .replace(/=\r?\n/g, '')
    .replace(/&#(x?)([0-9a-f]+);?/gi, (_, hex: string, digits: string) => {
      const point = Number.parseInt(digits, hex ? 16 : 10)
      return point > 0 && point <= 0x10_ffff ? String.fromCodePoint(point) : ''
    })
    .replace(/&[a-z]{2,10};?/gi, '')
