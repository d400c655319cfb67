import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReadableMessage } from '../../src/domain/message.ts'
import { parseMime } from '../../src/inbound/parse-mime.ts'

const EMPTY: ReadableMessage = {
  channel: 'email',
  sender: null,
  senderName: null,
  subject: null,
  dateAt: null,
  messageId: null,
  headers: [],
  text: null,
  html: null,
  attachments: [],
}

/** A message with only what a test cares about. */
export const message = (given: Partial<ReadableMessage>): ReadableMessage => ({ ...EMPTY, ...given })
export const sms = (text: string, sender = '72345'): ReadableMessage =>
  message({ channel: 'sms', text, sender })
export const mail = (text: string, subject: string | null = null): ReadableMessage =>
  message({ text, subject })
export const htmlMail = (html: string, subject: string | null = null): ReadableMessage =>
  message({ html, subject })

/** What a fixture expects; `alsoFair` names other kinds that are no mistake. */
export type Expected = {
  readonly kind: string
  readonly code?: string
  readonly reason?: string
  readonly provider?: string
  readonly requester?: string
  readonly confirmationCode?: string
  readonly alsoFair?: readonly string[]
  readonly language: string
  readonly note: string
}
export type Fixture = {
  readonly name: string
  readonly class: string
  readonly path: string
  readonly expected: Expected
}

/** Every fixture of one half of the corpus. */
export function corpus(half: 'develop' | 'report'): Fixture[] {
  const root = join(import.meta.dirname, '../../fixtures/corpus', half)
  const fixtures: Fixture[] = []
  for (const folder of readdirSync(root).sort()) {
    for (const file of readdirSync(join(root, folder)).sort()) {
      const match = /^(.*)\.(?:eml|sms\.json)$/.exec(file)
      if (!match) continue
      const expected = JSON.parse(
        readFileSync(join(root, folder, `${match[1]}.expected.json`), 'utf8'),
      ) as Expected
      fixtures.push({
        name: `${folder}/${match[1]}`,
        class: folder,
        path: join(root, folder, file),
        expected,
      })
    }
  }
  return fixtures
}

/** Reads a fixture file as the doors would. */
export async function readFixture(path: string): Promise<ReadableMessage> {
  const raw = readFileSync(path)
  if (!path.endsWith('.json')) return parseMime(raw)
  const { Body, From } = JSON.parse(raw.toString('utf8')) as { Body: string; From: string }
  return sms(Body, From)
}
