import type { Context } from '../context.ts'

/** Removes some of what a company has beside its connections. False: nothing is left. */
export async function eraseCompanyRows(context: Context, companyId: string, limit: number): Promise<boolean> {
  for (const erase of [jobs, billMail, events, notices, keys, webhooks]) {
    if (await erase(context, companyId, limit)) return true
  }
  return false
}

/** Documents by their jobs, few at a time: each may be large. */
const JOBS_AT_ONCE = 5

async function jobs({ db }: Context, companyId: string): Promise<boolean> {
  const rows = await db
    .selectFrom('document_job')
    .select('id')
    .where('company_id', '=', companyId)
    .limit(JOBS_AT_ONCE)
    .execute()
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return false
  const items = db.selectFrom('document_item').select('id').where('job_id', 'in', ids)
  const contents = db.selectFrom('document').select('content_id').where('job_id', 'in', ids)
  await db.deleteFrom('document_part').where('content_id', 'in', contents).execute()
  await db.deleteFrom('document_part').where('content_id', 'in', items).execute()
  await db.deleteFrom('document').where('job_id', 'in', ids).execute()
  await db.deleteFrom('document_item').where('job_id', 'in', ids).execute()
  await db.deleteFrom('document_job').where('id', 'in', ids).execute()
  return true
}

/** Bills that came by mail. The addresses stay, retired. */
async function billMail({ db }: Context, companyId: string, limit: number): Promise<boolean> {
  const rows = await db
    .selectFrom('bill_mail')
    .select('message_id')
    .where('company_id', '=', companyId)
    .limit(limit)
    .execute()
  const ids = rows.map(({ message_id }) => message_id)
  if (ids.length === 0) return false
  await db.deleteFrom('bill_mail').where('message_id', 'in', ids).execute()
  await db.deleteFrom('message_body').where('message_id', 'in', ids).execute()
  await db.deleteFrom('message').where('id', 'in', ids).execute()
  return true
}

async function events({ db }: Context, companyId: string, limit: number): Promise<boolean> {
  const rows = await db
    .selectFrom('event')
    .select('id')
    .where('company_id', '=', companyId)
    .limit(limit)
    .execute()
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return false
  await db.deleteFrom('event_delivery').where('event_id', 'in', ids).execute()
  await db.deleteFrom('event').where('id', 'in', ids).execute()
  return true
}

/** Whom to tell of what: people's addresses. */
async function notices({ db }: Context, companyId: string): Promise<boolean> {
  const contacts = db.selectFrom('notice_contact').select('id').where('company_id', '=', companyId)
  const mails = db.selectFrom('notice_mail').select('id').where('contact_id', 'in', contacts)
  await db.deleteFrom('notice_item').where('mail_id', 'in', mails).execute()
  await db.deleteFrom('notice_mail').where('contact_id', 'in', contacts).execute()
  await db.deleteFrom('notice').where('company_id', '=', companyId).execute()
  await db.deleteFrom('notice_contact').where('company_id', '=', companyId).execute()
  return false
}

async function keys({ db }: Context, companyId: string): Promise<boolean> {
  await db.updateTable('api_key').set({ label: null }).where('company_id', '=', companyId).execute()
  return false
}

async function webhooks({ db }: Context, companyId: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('webhook')
    .where('company_id', '=', companyId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
