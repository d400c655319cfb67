import type Database from 'better-sqlite3'
import type { Recipient } from '../../domain/delivery.ts'
import type { MailboxContext } from '../../domain/mailbox.ts'
import { type MailboxRow, toMailboxContext } from '../mailbox-row.ts'

/** Whose mailbox an address is, from the newest time that it was somebody's. Asked at every RCPT. */
export function prepareFindMailbox(database: Database.Database): (address: string) => MailboxContext | null {
  const find = database.prepare<[string], MailboxRow>(`
    select mailbox.*, company_id, utility, url, mfa_method, inbox_addresses
    from mailbox join connection on connection.id = mailbox.connection_id
    where address = ? order by seq desc limit 1`)
  const listRecipients = database.prepare<[string], Pick<Recipient, 'id' | 'channel' | 'address'>>(`
    select id, channel, address from recipient where connection_id = ? and state = 'confirmed' order by id`)
  const listPins = database
    .prepare<[{ connection: string; utility: string; channel: string }], string>(`
      select sender from sender_pin where connection_id = :connection and channel = :channel
      union select sender from utility_pin where utility = :utility and channel = :channel order by sender`)
    .pluck()
  const findLogin = database
    .prepare<[string], number | null>(`
      select max(held_until) from code_source join source_hold on source_hold.source = code_source.source
      where connection_id = ?`)
    .pluck()
  const listWindows = database.prepare<[string], { inbox: string; openUntil: number }>(
    'select inbox, open_until as openUntil from inbox_handshake where connection_id = ?',
  )

  // A transaction, so that all statements see the same moment.
  return database.transaction((address: string) => {
    const row = find.get(address)
    if (!row) return null
    return toMailboxContext(row, {
      recipients: listRecipients.all(row.connection_id),
      pinnedSenders: listPins.all({
        connection: row.connection_id,
        utility: row.utility,
        channel: row.channel,
      }),
      loginOpenUntil: findLogin.get(row.connection_id) ?? null,
      forwardingWindows: listWindows.all(row.connection_id),
    })
  })
}
