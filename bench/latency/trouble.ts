import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { Session } from '../load/session.ts'

/* What goes on beside the codes: a bill of 25 MB comes in, a message never ends, and the purge runs. */

const SENDER = 'bounce@sandbox-power.test'
const BILL_BYTES = 25 * 1024 * 1024
const ENDLESS = 'Take your time'
const DAY_MS = 86_400_000

/** An extractor of the operator's that never returns from one kind of message. Answers its directory. */
export function endlessExtractor(folder: string): string {
  const directory = join(folder, 'utilities')
  mkdirSync(directory)
  writeFileSync(
    join(directory, 'sandbox-power.js'),
    `export default () => ({
      utility: 'sandbox-power',
      claims: ({ subject }) => subject === ${JSON.stringify(ENDLESS)},
      extract: () => { for (;;); },
    })\n`,
  )
  return directory
}

const head = (subject: string, n: number): string =>
  `From: Sandbox Power <no-reply@sandbox-power.test>\r\nSubject: ${subject}\r\n` +
  `Date: ${new Date().toUTCString()}\r\nMessage-ID: <trouble-${process.pid}-${n}@sandbox-power.test>\r\nMIME-Version: 1.0\r\n`

/** 25 MB of a bill, in base64: 34 MB on the wire. */
const pdf = (
  randomBytes(BILL_BYTES)
    .toString('base64')
    .match(/.{1,76}/g) ?? []
).join('\r\n')

let serial = 0

export function billMail(): Buffer {
  serial += 1
  const parts = [
    `${head('Your bill is ready', serial)}Content-Type: multipart/mixed; boundary="bill"\r\n`,
    '--bill\r\nContent-Type: text/plain\r\n\r\nYour bill is attached.',
    `--bill\r\nContent-Type: application/pdf; name="bill.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n${pdf}`,
    '--bill--\r\n',
  ]
  return Buffer.from(parts.join('\r\n'), 'latin1')
}

export function endlessMail(): Buffer {
  serial += 1
  return Buffer.from(`${head(ENDLESS, serial)}Content-Type: text/plain\r\n\r\nStay.\r\n`)
}

export type Trouble = { readonly relay: { smtpPort: number; pid: number }; readonly address: string }

/** Makes all of it, one after the other within two seconds; resolves when both messages have been taken. */
export async function makeTrouble({ relay, address }: Trouble, bill: Buffer): Promise<void> {
  const send = async (mail: Buffer) => {
    const session = await Session.open(relay.smtpPort, false)
    if (!(await session.send(SENDER, address, mail))) throw new Error('the relay put the trouble off')
    await session.quit()
  }
  await sleep(500)
  process.kill(relay.pid, 'SIGUSR2')
  const sent = [send(bill)]
  await sleep(1_000)
  sent.push(send(endlessMail()))
  await Promise.all(sent)
}

/** Makes everything that is in the store so old that the next purge removes it; answers how much that is. */
export function ageStore(dataDir: string): number {
  const database = new Database(join(dataDir, 'relay.db'), { timeout: 10_000 })
  try {
    const { changes } = database
      .prepare('update message_body set received_at = received_at - ?')
      .run(30 * DAY_MS)
    database
      .prepare(`update code set received_at = received_at - ? where attempt_id in
        (select id from attempt where closed_at is not null)`)
      .run(30 * DAY_MS)
    // The writing of all that is none of the relay's troubles.
    database.pragma('wal_checkpoint(TRUNCATE)')
    return changes
  } finally {
    database.close()
  }
}
