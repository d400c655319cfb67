import { ATTENTION_STATUSES } from '../../domain/connection.ts'
import type { NoticeItem, NoticeMail } from '../../domain/notice.ts'
import { AWAITING_LOGIN } from '../../domain/status.ts'
import type { Context, Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import { taking } from '../shared.ts'
import { stopContactIfEnough } from './notice-bounces.ts'
import { hasForwarded } from './notice-plan.ts'
import { giveBack, nextOf } from './queues.ts'

/** Mails to people: what writes. */
export const noticeMailWrites: Operations<
  'claimNoticeMails' | 'finishNoticeMail' | 'releaseNoticeMails' | 'stopNotices'
> = {
  async claimNoticeMails(context, { now, leaseUntil, holder, limit }) {
    const mails = context.db.selectFrom('notice_mail').select('id').limit(limit)
    const abandoned = mails
      .where('state', '=', 'leased')
      .where('leased_until', '<=', now)
      .orderBy('leased_until')
    const due = mails.where('state', '=', 'due').where('due_at', '<=', now).orderBy('due_at')
    const found = [...(await taking(context, abandoned).execute()), ...(await taking(context, due).execute())]
    const ids = found.slice(0, limit).map(({ id }) => id)
    if (ids.length === 0) return []
    const rows = await context.db
      .updateTable('notice_mail')
      .set({ state: 'leased', holder, leased_until: leaseUntil })
      .where('id', 'in', ids)
      .returningAll()
      .execute()
    return rows.sort((a, b) => a.due_at - b.due_at).map(toMail)
  },

  async finishNoticeMail(context, id, result, { now, nextDueAt }) {
    const isAgain = result.kind === 'failed' && nextDueAt !== null
    const row = await context.db
      .updateTable('notice_mail')
      .set((eb) => ({ tries: eb('tries', '+', result.kind === 'dropped' ? 0 : 1) }))
      .set({
        state: isAgain ? 'due' : result.kind,
        due_at: isAgain ? nextDueAt : undefined,
        holder: null,
        leased_until: null,
        last_error: result.kind === 'failed' ? result.error : null,
        finished_at: isAgain ? null : now,
        ...(result.kind === 'failed' && result.bounce ? { bounce_kind: result.bounce.kind } : {}),
      })
      .where('id', '=', id)
      .where('finished_at', 'is', null)
      .returning(['id', 'contact_id'])
      .executeTakeFirst()
    if (!row) return
    // What was not told may be told the next time, without a wait.
    if (result.kind !== 'failed') await keepTold(context, id, result.kind === 'sent' ? result.told : [])
    else if (result.bounce) await stopContactIfEnough(context, row, result.bounce, now)
  },

  releaseNoticeMails: ({ db }, holder) => giveBack(db, 'notice_mail', holder),

  async stopNotices({ db }, contactId, now) {
    const contact = await db
      .selectFrom('notice_contact')
      .select('id')
      .where('id', '=', contactId)
      .executeTakeFirst()
    await db
      .updateTable('notice_contact')
      .set({ stopped_at: now })
      .where('id', '=', contactId)
      .where('stopped_at', 'is', null)
      .execute()
    return contact !== undefined
  },
}

async function keepTold({ db }: Context, mailId: string, told: readonly string[]): Promise<void> {
  const items = db.deleteFrom('notice_item').where('mail_id', '=', mailId)
  await (told.length > 0 ? items.where('notice_id', 'not in', told) : items).execute()
}

const toMail = (row: Row<'notice_mail'>): NoticeMail => ({
  id: row.id,
  contactId: row.contact_id,
  state: row.state,
  dueAt: row.due_at,
  tries: row.tries,
  createdAt: row.created_at,
})

/** Mails to people: what reads. */
export const noticeMailReads: Operations<
  'loadNoticeMail' | 'nextNoticeAt' | 'getNoticeContact' | 'getNoticeMail'
> = {
  async loadNoticeMail(context, id) {
    const { db } = context
    const mail = await db.selectFrom('notice_mail').selectAll().where('id', '=', id).executeTakeFirst()
    const contact = mail && (await findContact(context, mail.contact_id))
    if (!mail || !contact || contact.stopped_at !== null) return null
    if (contact.notices === 0 || contact.is_active === 0) return null
    const rows = await db
      .selectFrom('notice_item')
      .innerJoin('notice', 'notice.id', 'notice_item.notice_id')
      .selectAll('notice')
      .where('notice_item.mail_id', '=', id)
      .orderBy('notice.happened_at')
      .execute()
    const items: NoticeItem[] = []
    for (const row of rows) {
      const item = await stillSo(context, row)
      if (item) items.push(item)
    }
    if (items.length === 0) return null
    const isCompany = contact.contact_email?.toLowerCase() === contact.address
    return { mail: toMail(mail), address: contact.address, companyName: contact.name, isCompany, items }
  },

  nextNoticeAt: ({ db }) => nextOf(db, 'notice_mail'),

  async getNoticeMail({ db }, id) {
    const row = await db
      .selectFrom('notice_mail')
      .innerJoin('notice_contact', 'notice_contact.id', 'notice_mail.contact_id')
      .select(['notice_mail.id', 'notice_contact.address'])
      .where('notice_mail.id', '=', id)
      .executeTakeFirst()
    return row ?? null
  },

  async getNoticeContact(context, id) {
    const row = await findContact(context, id)
    return row
      ? { id, address: row.address, companyName: row.name, isStopped: row.stopped_at !== null }
      : null
  },
}

const findContact = ({ db }: Context, id: string) =>
  db
    .selectFrom('notice_contact')
    .innerJoin('company', 'company.id', 'notice_contact.company_id')
    .select(['notice_contact.address', 'notice_contact.stopped_at'])
    .select(['company.name', 'company.contact_email', 'company.notices', 'company.is_active'])
    .where('notice_contact.id', '=', id)
    .executeTakeFirst()

/** What is to be told, as it is now; null where it has passed. */
async function stillSo(context: Context, notice: Row<'notice'>): Promise<NoticeItem | null> {
  const about = { noticeId: notice.id, kind: notice.kind, happenedAt: notice.happened_at }
  if (notice.webhook_id !== null) {
    const endpoint = await disabledEndpoint(context, notice.webhook_id)
    return endpoint === null ? null : { ...about, connection: null, endpoint }
  }
  const row = await context.db
    .selectFrom('connection')
    .selectAll()
    .where('id', '=', notice.connection_id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (!row || !(await holds(context, notice, row))) return null
  const { id, utility, url, status } = row
  const words = { externalId: row.external_id, statusSuggestion: row.status_suggestion }
  return { ...about, connection: { id, utility, url, status, ...words }, endpoint: null }
}

async function holds(context: Context, { kind }: Row<'notice'>, row: Row<'connection'>): Promise<boolean> {
  switch (kind) {
    case 'connection_broken':
      return ATTENTION_STATUSES.includes(row.status) && row.status_cause !== AWAITING_LOGIN
    case 'copies_failing':
      return copiesFail(context, row.id)
    case 'forwarding_unproven':
      return row.mfa_method === 'inbox_forwarding' && (await isUnproven(context, row.id))
    case 'webhook_disabled':
      return false
  }
}

/** The last copy failed, or a recipient was stopped because theirs came back. */
async function copiesFail({ db }: Context, connectionId: string): Promise<boolean> {
  const stopped = await db
    .selectFrom('recipient')
    .select('id')
    .where('connection_id', '=', connectionId)
    .where('stop_reason', '=', 'hard_bounces')
    .limit(1)
    .executeTakeFirst()
  if (stopped) return true
  const last = await db
    .selectFrom('delivery')
    .select('state')
    .where('connection_id', '=', connectionId)
    .where('kind', 'in', ['code_copy', 'notice_copy'])
    .where('finished_at', 'is not', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last?.state === 'failed'
}

async function isUnproven(context: Context, connectionId: string): Promise<boolean> {
  const rows = await context.db
    .selectFrom('inbox_handshake')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('proof_returned_at', 'is', null)
    .execute()
  for (const row of rows) if (!(await hasForwarded(context, row))) return true
  return false
}

/** Its host alone: the rest of a URL may be a key. */
async function disabledEndpoint({ db, sealer }: Context, id: string): Promise<string | null> {
  const row = await db
    .selectFrom('webhook')
    .select(['url', 'disabled_at'])
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (!row?.url || row.disabled_at === null) return null
  return new URL(sealer.openText(`webhook.url.${id}`, row.url)).host
}
