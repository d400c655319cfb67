import { type Bounce, hardRun } from '../../domain/bounce.ts'
import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import { holding } from '../shared.ts'
import { audit } from './audit.ts'
import { isWorse } from './bounces.ts'

/** So many of the last mails to somebody are looked at; what comes back of older ones says nothing about today. */
const LAST_MAILS = 10

/** Mails to people that came back: what writes. */
export const noticeBounceWrites: Operations<'noteNoticeBounce'> = {
  async noteNoticeBounce(context, id, bounce, now) {
    const { db } = context
    const mail = await db.selectFrom('notice_mail').selectAll().where('id', '=', id).executeTakeFirst()
    if (!mail) return null
    if (isWorse(bounce, mail)) {
      const finished_at = mail.finished_at ?? now
      const over = { state: 'failed', finished_at, holder: null, leased_until: null } as const
      await db
        .updateTable('notice_mail')
        .set({ bounce_kind: bounce.kind, last_error: bounce.text })
        .set(bounce.kind === 'delayed' ? {} : over)
        .where('id', '=', id)
        .execute()
    }
    return { stopped: await stopContactIfEnough(context, mail, bounce, now) }
  },
}

/**
 * Ends mails to somebody once so many in a row came back hard as the bounce says. Also called for what the next hop
 * refused at once, when that is written down.
 *
 * @returns whether they are stopped by this
 */
export async function stopContactIfEnough(
  context: Context,
  mail: Pick<Row<'notice_mail'>, 'id' | 'contact_id'>,
  { kind, status, stopsAfter }: Bounce,
  now: number,
): Promise<boolean> {
  if (kind !== 'hard' || stopsAfter === null) return false
  const { db } = context
  const contacts = db
    .selectFrom('notice_contact')
    .select(['id', 'stopped_at'])
    .where('id', '=', mail.contact_id)
  // Two mails may come back at once, to two nodes: the later must see what the earlier wrote.
  const contact = await holding(context, contacts).executeTakeFirst()
  if (!contact || contact.stopped_at !== null) return false
  if ((await hardInARow(context, mail)) < stopsAfter) return false
  await db.updateTable('notice_contact').set({ stopped_at: now }).where('id', '=', contact.id).execute()
  await audit(context, {
    at: now,
    actor: 'outbox',
    action: 'notices.stopped',
    subject: `contact:${contact.id}`,
    detail: `hard_bounces${status ? ` (${status})` : ''}`,
  })
  return true
}

async function hardInARow(
  { db }: Context,
  { id, contact_id }: Pick<Row<'notice_mail'>, 'id' | 'contact_id'>,
): Promise<number> {
  const mails = await db
    .selectFrom('notice_mail')
    .select(['id', 'bounce_kind'])
    .where('contact_id', '=', contact_id)
    // What never left here says nothing about the mailbox.
    .where((eb) => eb.or([eb('state', '=', 'sent'), eb('bounce_kind', 'is not', null)]))
    .orderBy('due_at', 'desc')
    .orderBy('id', 'desc')
    .limit(LAST_MAILS)
    .execute()
  return hardRun(
    mails.map(({ bounce_kind: kind }) => kind === 'hard'),
    mails.findIndex((mail) => mail.id === id),
  )
}
