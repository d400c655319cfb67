import { newId } from '../../domain/id.ts'
import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import type { NoticeRules } from '../store.ts'
import { writeNotice } from './notices.ts'

type Notice = Row<'notice'>
type Contact = Row<'notice_contact'>

/** Whom to tell, and when: what writes. */
export const noticePlanning: Operations<'planNotices' | 'findUnproven'> = {
  async planNotices(context, rules) {
    const notices = await context.db
      .selectFrom('notice')
      .selectAll()
      .where('planned_at', 'is', null)
      .orderBy('happened_at')
      .limit(rules.limit)
      .execute()
    for (const notice of notices) {
      for (const address of rules.isOn ? await addressesOf(context, notice) : []) {
        const contact = await contactOf(context, notice.company_id, address, rules.now)
        if (contact.stopped_at === null) await plan(context, notice, contact, rules)
      }
      await context.db
        .updateTable('notice')
        .set({ planned_at: rules.now })
        .where('id', '=', notice.id)
        .execute()
    }
    return notices.length
  },

  async findUnproven(context, { openedBefore, now, limit }) {
    const rows = await context.db
      .selectFrom('inbox_handshake')
      .innerJoin('connection', 'connection.id', 'inbox_handshake.connection_id')
      .selectAll('inbox_handshake')
      .select(['connection.company_id', 'connection.mfa_method', 'connection.deleted_at'])
      .where('opened_at', '<=', openedBefore)
      .where('proof_returned_at', 'is', null)
      .where('unproven_told_at', 'is', null)
      .orderBy('opened_at')
      .limit(limit)
      .execute()
    for (const row of rows) {
      await context.db
        .updateTable('inbox_handshake')
        .set({ unproven_told_at: now })
        .where('connection_id', '=', row.connection_id)
        .where('inbox', '=', row.inbox)
        .execute()
      const isWanted = row.deleted_at === null && row.mfa_method === 'inbox_forwarding'
      if (!isWanted || (await hasForwarded(context, row))) continue
      const about = { connectionId: row.connection_id }
      await writeNotice(context, 'forwarding_unproven', row.company_id, about, now)
    }
    return rows.length
  },
}

/** Whether a code of the utility's has come through an inbox since it was set up. */
export async function hasForwarded(
  { db }: Pick<Context, 'db'>,
  { connection_id, inbox, opened_at }: Pick<Row<'inbox_handshake'>, 'connection_id' | 'inbox' | 'opened_at'>,
): Promise<boolean> {
  const code = await db
    .selectFrom('message')
    .select('id')
    .where('connection_id', '=', connection_id)
    .where('forwarded_by', '=', inbox)
    .where('verdict', '=', 'trusted')
    .where('extraction_kind', '=', 'code')
    .where('received_at', '>=', opened_at)
    .limit(1)
    .executeTakeFirst()
  return code !== undefined
}

/** The company's contact, and for what is about a connection its owner. Nobody where the company wants no mails. */
async function addressesOf({ db }: Context, notice: Notice): Promise<string[]> {
  const company = await db
    .selectFrom('company')
    .select(['contact_email', 'notices', 'is_active'])
    .where('id', '=', notice.company_id)
    .executeTakeFirst()
  if (!company || company.notices === 0 || company.is_active === 0) return []
  const owner =
    notice.connection_id === null
      ? undefined
      : await db
          .selectFrom('connection')
          .select('connection_owner_email as address')
          .where('id', '=', notice.connection_id)
          .where('deleted_at', 'is', null)
          .executeTakeFirst()
  const addresses = [company.contact_email, owner?.address ?? null].filter((one) => one !== null)
  return [...new Map(addresses.map((address) => [address.toLowerCase(), address])).values()]
}

async function contactOf({ db }: Context, companyId: string, address: string, now: number): Promise<Contact> {
  const known = address.toLowerCase()
  await db
    .insertInto('notice_contact')
    .values({ id: newId(), company_id: companyId, address: known, created_at: now })
    .onConflict((conflict) => conflict.columns(['company_id', 'address']).doNothing())
    .execute()
  return db
    .selectFrom('notice_contact')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('address', '=', known)
    .executeTakeFirstOrThrow()
}

/** Puts it into a mail that waits, or into a new one. Nothing to do where they will hear of it anyway. */
async function plan(context: Context, notice: Notice, contact: Contact, rules: NoticeRules): Promise<void> {
  const { now, repeatMs } = rules
  const subjectId = notice.connection_id ?? notice.webhook_id ?? ''
  const last = await lastTold(context, contact.id, subjectId, notice.kind)
  if (last !== null && last >= now) return
  // Told before, and not long ago: it is looked at again when it may be told again, and told if it is still so.
  const earliest = last === null ? now : Math.max(now, last + repeatMs)
  const mail = await mailFor(context, contact.id, earliest, rules)
  await context.db
    .insertInto('notice_item')
    .values({
      mail_id: mail.id,
      notice_id: notice.id,
      contact_id: contact.id,
      subject_id: subjectId,
      kind: notice.kind,
      due_at: mail.due_at,
    })
    .execute()
}

/** When somebody was, or will be, told of this the last time. */
async function lastTold(
  { db }: Context,
  contactId: string,
  subjectId: string,
  kind: Notice['kind'],
): Promise<number | null> {
  const row = await db
    .selectFrom('notice_item')
    .select('due_at')
    .where('contact_id', '=', contactId)
    .where('subject_id', '=', subjectId)
    .where('kind', '=', kind)
    .orderBy('due_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.due_at ?? null
}

async function mailFor(
  { db }: Context,
  contactId: string,
  earliest: number,
  { now, gatherMs, spacingMs }: NoticeRules,
): Promise<{ readonly id: string; readonly due_at: number }> {
  const mails = db
    .selectFrom('notice_mail')
    .select(['id', 'due_at'])
    .where('contact_id', '=', contactId)
    .limit(1)
  const waiting = await mails
    .where('state', '=', 'due')
    .where('tries', '=', 0)
    .where('due_at', '>=', earliest)
    .orderBy('due_at')
    .executeTakeFirst()
  if (waiting) return waiting
  const last = await mails.where('state', '<>', 'dropped').orderBy('due_at', 'desc').executeTakeFirst()
  const gathered = earliest === now ? now + gatherMs : earliest
  const due_at = last ? Math.max(gathered, last.due_at + spacingMs) : gathered
  const id = newId()
  await db
    .insertInto('notice_mail')
    .values({ id, contact_id: contactId, state: 'due', due_at, tries: 0, created_at: now })
    .execute()
  return { id, due_at }
}
