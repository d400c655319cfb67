import type { MailboxContext } from '../domain/mailbox.ts'
import { toMailbox } from './rows.ts'
import type { Row } from './schema.ts'

/** A mailbox with what is needed of its connection: how both stores select it. */
export type MailboxRow = Row<'mailbox'> &
  Pick<Row<'connection'>, 'company_id' | 'utility' | 'url' | 'mfa_method' | 'inbox_addresses'>

/** What stands in lists beside it. */
type Listed = Pick<MailboxContext, 'recipients' | 'pinnedSenders' | 'loginOpenUntil' | 'forwardingWindows'>

export const toMailboxContext = (row: MailboxRow, listed: Listed): MailboxContext => ({
  mailbox: toMailbox(row),
  connection: {
    id: row.connection_id,
    companyId: row.company_id,
    utility: row.utility,
    url: row.url,
    mfaMethod: row.mfa_method,
    inboxAddresses: JSON.parse(row.inbox_addresses),
  },
  ...listed,
})
