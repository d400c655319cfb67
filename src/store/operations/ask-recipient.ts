import { Failure } from '../../domain/failure.ts'
import type { Context, Operations } from '../context.ts'
import { toRecipient } from '../rows.ts'
import type { Row } from '../schema.ts'
import { ask } from './recipients.ts'

/** Asks recipients again. */
export const askAgain: Operations<'askRecipient'> = {
  async askRecipient(context, connectionId, id, now) {
    const row = await find(context, connectionId, id)
    if (!row) return null
    refuseToBother(row)
    if (!(await hasOpenQuestion(context, id))) {
      await context.db
        .updateTable('recipient')
        .set({ state: 'pending', stop_reason: null, stopped_at: null, confirmed_at: null })
        .where('id', '=', id)
        .execute()
      await ask(context, connectionId, row, now)
    }
    return toRecipient((await find(context, connectionId, id))!)
  },
}

const find = ({ db }: Context, connectionId: string, id: string) =>
  db
    .selectFrom('recipient')
    .selectAll()
    .where('id', '=', id)
    .where('connection_id', '=', connectionId)
    .executeTakeFirst()

/** Who said no is not asked again, however often a company would like to. */
function refuseToBother({ state, stop_reason: reason }: Row<'recipient'>): void {
  if (state === 'confirmed') throw new Failure('conflict', 'This recipient has confirmed')
  if (state === 'stopped' && reason !== 'hard_bounces') {
    throw new Failure('conflict', `This recipient was stopped (${reason}) and is not asked again`)
  }
}

async function hasOpenQuestion({ db }: Context, recipientId: string): Promise<boolean> {
  const open = await db
    .selectFrom('delivery')
    .select('id')
    .where('recipient_id', '=', recipientId)
    .where('finished_at', 'is', null)
    .where('kind', '=', 'confirm_recipient')
    .executeTakeFirst()
  return open !== undefined
}
