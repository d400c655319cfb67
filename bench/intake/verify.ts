import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { createSealer } from '../../src/store/seal.ts'
import type { Accepted } from '../load.ts'

export type Kept = { readonly messages: number; readonly codes: number }

type Row = {
  readonly id: string
  readonly mailbox: string
  readonly code: Uint8Array
  readonly bytes: number
}

/**
 * Looks into the store of a relay that was killed: each message that was answered with 250 must be there, once, with
 * its body, trusted, and with the code that was in it.
 *
 * @throws Error that says what is missing, doubled or wrong
 */
export function verifyStore(dataDir: string, accepted: readonly Accepted[]): Kept {
  const hex = /[0-9a-f]{64}/i.exec(readFileSync(join(dataDir, 'master.key'), 'utf8'))?.[0] ?? ''
  const sealer = createSealer([Buffer.from(hex, 'hex')])
  const database = new Database(join(dataDir, 'relay.db'), { readonly: true })
  try {
    const messages = database.prepare<[], number>('select count(*) from message').pluck().get() ?? 0
    const rows = database
      .prepare<[], Row>(`
        select code.id, mailbox, code.code, length(sealed) as bytes
        from code join message on message.id = code.message_id
        join message_body on message_body.message_id = message.id and part = 0
        where code.verdict = 'trusted' and code.state = 'available'`)
      .all()
    const kept = rows.map(({ id, mailbox, code }) => `${mailbox} ${sealer.openText(`code.code.${id}`, code)}`)
    const expected = accepted.map(({ recipient, code }) => `${recipient} ${code}`)
    compare(kept, expected)
    if (rows.some(({ bytes }) => bytes < 5_000)) throw new Error('a body is shorter than any that was sent')
    if (messages !== expected.length) {
      throw new Error(`${expected.length} messages were accepted and ${messages} are in the store`)
    }
    return { messages, codes: rows.length }
  } finally {
    database.close()
  }
}

function compare(kept: readonly string[], expected: readonly string[]): void {
  const left = [...kept].sort()
  const right = [...expected].sort()
  const at = right.findIndex((one, index) => left[index] !== one)
  if (left.length !== right.length || at >= 0) {
    throw new Error(
      `${right.length} codes were accepted and ${left.length} are in the store as they should be`,
    )
  }
}
