import { newId } from '../../domain/id.ts'
import type { Context, Operations } from '../context.ts'
import type { MfaSetup } from '../store.ts'
import { audit } from './audit.ts'

/** Security questions: what a login asks for. Each answer that is read is on record. */
export const answerWrites: Operations<'readAnswer'> = {
  async readAnswer(context, attemptId, question, { actor, now }) {
    const { db, sealer } = context
    const attempt = await db.selectFrom('attempt').selectAll().where('id', '=', attemptId).executeTakeFirst()
    if (!attempt) return null
    if (attempt.closed_at !== null || attempt.expires_at <= now) return { kind: 'over' }
    const known = await db
      .selectFrom('security_answer')
      .selectAll()
      .where('connection_id', '=', attempt.connection_id)
      .orderBy('id')
      .execute()
    const row = known.find((one) => one.question === question)
    if (!row) return { kind: 'unknown', questions: known.map((one) => one.question) }
    const answer = sealer.openText(`security_answer.answer.${row.id}`, row.answer)
    const subject = `attempt:${attemptId}`
    await audit(context, { at: now, actor, action: 'answer.read', subject, detail: question })
    return { kind: 'answer', answer }
  },
}

/** Replaces a connection's questions and answers. */
export async function writeAnswers(
  { db, sealer }: Context,
  connectionId: string,
  questions: NonNullable<MfaSetup['securityQuestions']>,
): Promise<void> {
  await db.deleteFrom('security_answer').where('connection_id', '=', connectionId).execute()
  for (const { question, answer } of questions) {
    const id = newId()
    const sealed = sealer.seal(`security_answer.answer.${id}`, answer)
    await db
      .insertInto('security_answer')
      .values({ id, connection_id: connectionId, question, answer: sealed })
      .execute()
  }
}
