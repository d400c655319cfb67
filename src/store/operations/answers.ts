import { newId } from '../../domain/id.ts'
import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import type { MfaSetup } from '../store.ts'
import { audit } from './audit.ts'

/** So many of the youngest shared answers are compared, and so many questions told. */
const MOST_SHARED = 100
/** Stands for many portals, told apart by their address. */
const OTHER_UTILITY = 'other'

type Asking = Pick<Row<'connection'>, 'id' | 'company_id' | 'utility' | 'url'>

/** Security questions: what a login asks for. Each answer that is read is on record. */
export const answerWrites: Operations<'readAnswer'> = {
  async readAnswer(context, attemptId, question, { actor, now }) {
    const { db } = context
    const attempt = await db.selectFrom('attempt').selectAll().where('id', '=', attemptId).executeTakeFirst()
    if (!attempt) return null
    if (attempt.closed_at !== null || attempt.expires_at <= now) return { kind: 'over' }
    const asking = await db
      .selectFrom('connection')
      .select(['id', 'company_id', 'utility', 'url'])
      .where('id', '=', attempt.connection_id)
      .executeTakeFirstOrThrow()
    const answer = (await ownAnswer(context, asking, question)) ?? (await shared(context, asking, question))
    if (answer === null) return { kind: 'unknown', questions: await attemptQuestions(context, asking) }
    const subject = `attempt:${attemptId}`
    await audit(context, { at: now, actor, action: 'answer.read', subject, detail: question })
    return { kind: 'answer', answer }
  },
}

const open = ({ sealer }: Context, row: { id: string; answer: Buffer }): string =>
  sealer.openText(`security_answer.answer.${row.id}`, row.answer)

async function ownAnswer(context: Context, { id }: Asking, question: string): Promise<string | null> {
  const rows = await context.db
    .selectFrom('security_answer')
    .selectAll()
    .where('connection_id', '=', id)
    .execute()
  // Compared here and not by the database, whose collation might forgive a difference in case.
  const row = rows.find((one) => one.question === question)
  return row ? open(context, row) : null
}

/** What the company's other connections at the portal say. Where they contradict each other, it is no answer. */
async function shared(context: Context, asking: Asking, question: string): Promise<string | null> {
  const rows = await sharedWith(context, asking)
    .select(['security_answer.id', 'security_answer.question', 'security_answer.answer'])
    .where('security_answer.question', '=', question)
    .orderBy('security_answer.id', 'desc')
    .limit(MOST_SHARED)
    .execute()
  const answers = new Set(rows.filter((row) => row.question === question).map((row) => open(context, row)))
  return answers.size === 1 ? [...answers][0]! : null
}

/** All questions that a login of this connection may have answered: its own first, then shared ones. */
export async function attemptQuestions(context: Context, asking: Asking): Promise<string[]> {
  const own = await context.db
    .selectFrom('security_answer')
    .select('question')
    .where('connection_id', '=', asking.id)
    .orderBy('id')
    .execute()
  const others = await sharedWith(context, asking)
    .select('security_answer.question')
    .groupBy('security_answer.question')
    .orderBy('security_answer.question')
    .limit(MOST_SHARED)
    .execute()
  return [...new Set([...own, ...others].map((row) => row.question))]
}

/** Answers of the company at the same portal. */
function sharedWith({ db }: Context, { company_id, utility, url }: Asking) {
  const shared = db
    .selectFrom('security_answer')
    .innerJoin('connection', 'connection.id', 'security_answer.connection_id')
    .where('security_answer.company_id', '=', company_id)
    .where('security_answer.utility', '=', utility)
  return utility === OTHER_UTILITY ? shared.where('connection.url', '=', url) : shared
}

/** Replaces a connection's questions and answers. Answers whether they are others than before. */
export async function writeAnswers(
  context: Context,
  { id: connectionId, company_id, utility }: Pick<Asking, 'id' | 'company_id' | 'utility'>,
  questions: NonNullable<MfaSetup['securityQuestions']>,
): Promise<boolean> {
  const { db, sealer } = context
  const isOther = await differ(context, connectionId, questions)
  await db.deleteFrom('security_answer').where('connection_id', '=', connectionId).execute()
  for (const { question, answer } of questions) {
    const id = newId()
    const sealed = sealer.seal(`security_answer.answer.${id}`, answer)
    await db
      .insertInto('security_answer')
      .values({ id, connection_id: connectionId, company_id, utility, question, answer: sealed })
      .execute()
  }
  return isOther
}

async function differ(
  context: Context,
  connectionId: string,
  questions: NonNullable<MfaSetup['securityQuestions']>,
): Promise<boolean> {
  const rows = await context.db
    .selectFrom('security_answer')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .execute()
  if (rows.length !== questions.length) return true
  try {
    const known = new Map(rows.map((row) => [row.question, open(context, row)]))
    return questions.some(({ question, answer }) => known.get(question) !== answer)
  } catch {
    // Answers that no longer open are replaced by any.
    return true
  }
}
