import type Database from 'better-sqlite3'
import type { Recipient } from '../../domain/delivery.ts'
import type { MailboxContext } from '../../domain/mailbox.ts'
import { type MailboxRow, toMailboxContext } from '../mailbox-row.ts'
import type { Row } from '../schema.ts'

/**
 * Whose mailbox an address is, from the newest time that it was somebody's. Asked at every RCPT: statements without joins
 * and orders, as only those stay prepared (docs/decisions/022-statements-that-stay-prepared.md).
 */
export function prepareFindMailbox(database: Database.Database): (address: string) => MailboxContext | null {
  const listOwners = database.prepare<[string], Row<'mailbox'>>('select * from mailbox where address = ?')
  const findConnection = database.prepare<[string], Omit<MailboxRow, keyof Row<'mailbox'>>>(
    'select company_id, utility, url, mfa_method, inbox_addresses from connection where id = ?',
  )
  const listRecipients = database.prepare<[string], Pick<Recipient, 'id' | 'channel' | 'address'>>(
    "select id, channel, address from recipient where connection_id = ? and state = 'confirmed'",
  )
  const listPins = database
    .prepare<[{ connection: string; utility: string; channel: string }], string>(`
      select sender from sender_pin where connection_id = :connection and channel = :channel
      union all select sender from utility_pin where utility = :utility and channel = :channel`)
    .pluck()
  const listHolds = database
    .prepare<[string], number>(`
      select held_until from source_hold
      where source in (select source from code_source where connection_id = ?)`)
    .pluck()
  const listWindows = database.prepare<[string], { inbox: string; openUntil: number }>(
    'select inbox, open_until as openUntil from inbox_handshake where connection_id = ?',
  )

  // A transaction, so that all statements see the same moment.
  return database.transaction((address: string) => {
    const mailbox = listOwners.all(address).reduce(later, undefined)
    if (!mailbox) return null
    const { connection_id: id, channel } = mailbox
    const connection = findConnection.get(id)
    if (!connection) return null
    const holds = listHolds.all(id)
    return toMailboxContext(
      { ...mailbox, ...connection },
      {
        recipients: listRecipients.all(id).sort(byId),
        pinnedSenders: [
          ...new Set(listPins.all({ connection: id, utility: connection.utility, channel })),
        ].sort(),
        loginOpenUntil: holds.length > 0 ? Math.max(...holds) : null,
        forwardingWindows: listWindows.all(id),
      },
    )
  })
}

const later = (found: Row<'mailbox'> | undefined, row: Row<'mailbox'>): Row<'mailbox'> =>
  found && found.seq > row.seq ? found : row

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1)
