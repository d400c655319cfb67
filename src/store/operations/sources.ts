import { connectionSource, inboxSource } from '../../domain/code.ts'
import type { Connection } from '../../domain/connection.ts'
import type { Context } from '../context.ts'

/** What codes reach a connection's logins through: its own mailboxes, and inboxes it may share with others. */
export function codeSources(
  connection: Pick<Connection, 'id' | 'utility' | 'mfaMethod' | 'inboxAddresses'>,
): string[] {
  const inboxes = connection.mfaMethod === 'inbox_forwarding' ? connection.inboxAddresses : []
  return [
    connectionSource(connection.id),
    ...new Set(inboxes.map((inbox) => inboxSource(connection.utility, inbox))),
  ]
}

/** Makes the rows of `code_source` what they should be for this connection. */
export async function writeCodeSources(
  { db }: Context,
  connection: Parameters<typeof codeSources>[0],
): Promise<void> {
  await db.deleteFrom('code_source').where('connection_id', '=', connection.id).execute()
  await db
    .insertInto('code_source')
    .values(codeSources(connection).map((source) => ({ connection_id: connection.id, source })))
    .execute()
}
