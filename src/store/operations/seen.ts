import type { SeenMessage } from '../../domain/attempt.ts'
import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import { explain } from '../seen.ts'

/** What arrived during an attempt. */
export const seenReads: Operations<'listSeen'> = {
  async listSeen(context, attemptId, limit, rules = {}) {
    const { db } = context
    const attempt = await db.selectFrom('attempt').selectAll().where('id', '=', attemptId).executeTakeFirst()
    if (!attempt) return []
    const rows = await messagesSince(context, attempt, limit)
    return rows.map(
      (row): SeenMessage => ({
        messageId: row.id,
        channel: row.channel,
        sender: row.sender,
        receivedAt: row.received_at,
        verdict: row.verdict,
        extraction: row.extraction_kind,
        ...explain(row, attempt, rules),
      }),
    )
  },
}

/** At the connection's own mailboxes, and codes that came through an inbox it shares; newest first. */
async function messagesSince({ db }: Context, attempt: Row<'attempt'>, limit: number) {
  const own = db
    .selectFrom('message')
    .select('id')
    .where('connection_id', '=', attempt.connection_id)
    .where('received_at', '>=', attempt.opened_at)
    .orderBy('received_at', 'desc')
    .limit(limit)
  const shared = db
    .selectFrom('attempt_source')
    .innerJoin('code', 'code.source', 'attempt_source.source')
    .select('code.message_id as id')
    .where('attempt_source.attempt_id', '=', attempt.id)
    .where('code.received_at', '>=', attempt.opened_at)
    .orderBy('code.received_at', 'desc')
    .limit(limit)
  const ids = new Set([...(await own.execute()), ...(await shared.execute())].map(({ id }) => id))
  if (ids.size === 0) return []
  return db
    .selectFrom('message')
    .leftJoin('code', 'code.message_id', 'message.id')
    .select(['message.id', 'message.channel', 'message.sender', 'message.received_at', 'message.verdict'])
    .select(['message.verdict_reasons', 'message.released_at'])
    .select(['message.extraction_kind', 'message.extraction_reason'])
    .select(['code.state', 'code.attempt_id', 'code.expires_at', 'code.sent_at'])
    .select('code.verdict as code_verdict')
    .where('message.id', 'in', [...ids])
    .orderBy('message.received_at', 'desc')
    .orderBy('message.id', 'desc')
    .limit(limit)
    .execute()
}
