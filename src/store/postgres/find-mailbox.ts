import { type Kysely, sql } from 'kysely'
import type { MailboxContext } from '../../domain/mailbox.ts'
import { type MailboxRow, toMailboxContext } from '../mailbox-row.ts'
import type { Schema } from '../schema.ts'

type Found = MailboxRow & {
  recipients: MailboxContext['recipients']
  pins: string[]
  login_open_until: number | null
  windows: NonNullable<MailboxContext['forwardingWindows']>
}

/** Whose mailbox an address is, from the newest time that it was somebody's: one statement, at every RCPT. */
export async function findMailbox(db: Kysely<Schema>, address: string): Promise<MailboxContext | null> {
  const { rows } = await sql<Found>`
    select mailbox.*, company_id, utility, url, mfa_method, inbox_addresses,
      (select coalesce(json_agg(json_build_object('id', id, 'channel', channel, 'address', address) order by id), '[]')
        from recipient where connection_id = connection.id and state = 'confirmed') as recipients,
      array(select sender from sender_pin
          where connection_id = connection.id and channel = mailbox.channel
        union select sender from utility_pin
          where utility = connection.utility and channel = mailbox.channel
        order by sender) as pins,
      (select max(held_until) from code_source join source_hold on source_hold.source = code_source.source
        where connection_id = connection.id) as login_open_until,
      (select coalesce(json_agg(json_build_object('inbox', inbox, 'openUntil', open_until) order by inbox), '[]')
        from inbox_handshake where connection_id = connection.id) as windows
    from mailbox join connection on connection.id = mailbox.connection_id
    where address = ${address} order by seq desc limit 1`.execute(db)
  const row = rows[0]
  if (!row) return null
  return toMailboxContext(row, {
    recipients: row.recipients,
    pinnedSenders: row.pins,
    loginOpenUntil: row.login_open_until,
    forwardingWindows: row.windows,
  })
}
