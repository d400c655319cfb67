import type { Context } from '../context.ts'

/**
 * Removes up to `limit` rows of a kind of what an offboarded connection has left: what came, what was sent, who got it,
 * its logins and its history. Its addresses stay. Answers how many; 0: nothing is left.
 */
export async function eraseConnectionRows(
  context: Context,
  connectionId: string,
  limit: number,
): Promise<number> {
  for (const erase of STEPS) {
    const rows = await erase(context, connectionId, limit)
    if (rows > 0n) return Number(rows)
  }
  return 0
}

type Step = (context: Context, connectionId: string, limit: number) => Promise<bigint>
/** Rows that have a name of their own and may be many. */
type Named = 'delivery' | 'message' | 'test_login' | 'number_check'
/** Rows that are few, or small. */
type Owned = 'status_change' | 'refusal' | 'inbox_handshake' | 'totp_step' | 'sender_pin' | 'security_answer'

const named =
  (table: Named): Step =>
  async ({ db }, connectionId, limit) => {
    const some = db.selectFrom(table).select('id').where('connection_id', '=', connectionId).limit(limit)
    return (await db.deleteFrom(table).where('id', 'in', some).executeTakeFirst()).numDeletedRows
  }

const owned =
  (table: Owned): Step =>
  async ({ db }, connectionId) =>
    (await db.deleteFrom(table).where('connection_id', '=', connectionId).executeTakeFirst()).numDeletedRows

const codes: Step = async ({ db }, connectionId, limit) => {
  const messages = db
    .selectFrom('message')
    .select('id')
    .where('connection_id', '=', connectionId)
    .orderBy('received_at')
    .limit(limit)
  await db.deleteFrom('message_body').where('message_id', 'in', messages).execute()
  await db.deleteFrom('code').where('message_id', 'in', messages).execute()
  return 0n
}

const attempts: Step = async ({ db }, connectionId, limit) => {
  const rows = await db
    .selectFrom('attempt')
    .select('id')
    .where('connection_id', '=', connectionId)
    .limit(limit)
    .execute()
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return 0n
  const sources = db.selectFrom('attempt_source').select('source').where('attempt_id', 'in', ids)
  await db.deleteFrom('source_hold').where('source', 'in', sources).where('attempt_id', 'in', ids).execute()
  await db.deleteFrom('attempt_source').where('attempt_id', 'in', ids).execute()
  return (await db.deleteFrom('attempt').where('id', 'in', ids).executeTakeFirst()).numDeletedRows
}

/** Blotted, not removed: to find out that no delivery refers to one would take an index that every copy has to write. */
const recipients: Step = async ({ db }, connectionId) => {
  const { numUpdatedRows } = await db
    .updateTable('recipient')
    .set((eb) => ({ address: eb.ref('id') }))
    .where('connection_id', '=', connectionId)
    .whereRef('address', '<>', 'id')
    .executeTakeFirst()
  return numUpdatedRows
}

/** That something happened stays; addresses that were noted with it go. */
const records: Step = async ({ db }, connectionId) => {
  const { numUpdatedRows } = await db
    .updateTable('audit')
    .set({ detail: null })
    .where('subject', '=', `connection:${connectionId}`)
    .where('detail', 'is not', null)
    .executeTakeFirst()
  return numUpdatedRows
}

/** In the order of who refers to whom. */
const STEPS: readonly Step[] = [
  named('delivery'),
  codes,
  named('message'),
  named('test_login'),
  owned('totp_step'),
  attempts,
  recipients,
  named('number_check'),
  owned('status_change'),
  owned('refusal'),
  owned('inbox_handshake'),
  owned('sender_pin'),
  owned('security_answer'),
  records,
]
