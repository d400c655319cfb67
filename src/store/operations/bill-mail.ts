import type { BillAddress, BillMail } from '../../domain/bill-mail.ts'
import type { Operations } from '../context.ts'
import type { Row } from '../schema.ts'
import { offsetOf } from './paging.ts'

/** Bills that come by mail: what writes. */
export const billMailWrites: Operations<
  'createBillAddress' | 'retireBillAddress' | 'noteBillMail' | 'claimBillMail' | 'settleBillMail'
> = {
  async createBillAddress({ db }, { address, companyId, createdAt }) {
    const company = await db
      .selectFrom('company')
      .select('id')
      .where('id', '=', companyId)
      .where('erasing_at', 'is', null)
      .executeTakeFirst()
    if (!company) return null
    await db
      .insertInto('bill_address')
      .values({ address, company_id: companyId, created_at: createdAt, retired_at: null })
      // One in use for a company, whoever asks at the same time.
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const row = await db
      .selectFrom('bill_address')
      .selectAll()
      .where('company_id', '=', companyId)
      .where('retired_at', 'is', null)
      .executeTakeFirstOrThrow()
    return toAddress(row)
  },

  async retireBillAddress({ db }, companyId, address, now) {
    const { numUpdatedRows } = await db
      .updateTable('bill_address')
      .set({ retired_at: now })
      .where('address', '=', address)
      .where('company_id', '=', companyId)
      .where('retired_at', 'is', null)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },

  async noteBillMail({ db }, { mailbox, dedupeKey, companyId, now }) {
    const message = await db
      .selectFrom('message')
      .select(['id', 'received_at'])
      .where('mailbox', '=', mailbox)
      .where('dedupe_key', '=', dedupeKey)
      .executeTakeFirstOrThrow()
    await db
      .insertInto('bill_mail')
      .values({
        message_id: message.id,
        company_id: companyId,
        received_at: message.received_at,
        due_at: now,
        tries: 0,
        documents: 0,
        ignored: 0,
      })
      .onConflict((conflict) => conflict.column('message_id').doNothing())
      .execute()
  },

  async claimBillMail({ db }, { now, leaseUntil }) {
    const due = await db
      .selectFrom('bill_mail')
      .select('message_id')
      .where('due_at', '<=', now)
      .orderBy('due_at')
      .limit(1)
      .executeTakeFirst()
    if (!due) return null
    const row = await db
      .updateTable('bill_mail')
      .set((eb) => ({ due_at: leaseUntil, tries: eb('tries', '+', 1) }))
      .where('message_id', '=', due.message_id)
      // Where several look at once, one of them changes the row, and the others see that.
      .where('due_at', '<=', now)
      .returning(['message_id', 'company_id', 'tries'])
      .executeTakeFirst()
    return row ? { messageId: row.message_id, companyId: row.company_id, tries: row.tries } : null
  },

  async settleBillMail({ db }, messageId, { result, jobId, documents, ignored }) {
    await db
      .updateTable('bill_mail')
      .set({ due_at: null, result, job_id: jobId, documents, ignored })
      .where('message_id', '=', messageId)
      .execute()
  },
}

/** Bills that come by mail: what reads. */
export const billMailReads: Operations<
  'listBillAddresses' | 'findBillOwner' | 'nextBillMailAt' | 'listBillMail'
> = {
  async listBillAddresses({ db }, companyId) {
    const rows = await db
      .selectFrom('bill_address')
      .selectAll()
      .where('company_id', '=', companyId)
      .orderBy('created_at', 'desc')
      .execute()
    return rows.map(toAddress)
  },
  async findBillOwner({ db }, address) {
    const row = await db
      .selectFrom('bill_address')
      .select('company_id')
      .where('address', '=', address)
      .where('retired_at', 'is', null)
      .executeTakeFirst()
    return row?.company_id ?? null
  },
  async nextBillMailAt({ db }) {
    const row = await db
      .selectFrom('bill_mail')
      .select('due_at')
      .where('due_at', 'is not', null)
      .orderBy('due_at')
      .limit(1)
      .executeTakeFirst()
    return row?.due_at ?? null
  },
  async listBillMail({ db, sealer }, companyId, page) {
    const { total } = await db
      .selectFrom('bill_mail')
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .where('company_id', '=', companyId)
      .executeTakeFirstOrThrow()
    const rows = await db
      .selectFrom('bill_mail')
      .innerJoin('message', 'message.id', 'bill_mail.message_id')
      .selectAll('bill_mail')
      .select(['message.mailbox', 'message.sender', 'message.subject'])
      .select(['message.verdict', 'message.verdict_reasons'])
      .where('bill_mail.company_id', '=', companyId)
      .orderBy('bill_mail.received_at', 'desc')
      .orderBy('bill_mail.message_id', 'desc')
      .limit(page.limit)
      .offset(offsetOf(page))
      .execute()
    const items = rows.map((row): BillMail => {
      const id = row.message_id
      return {
        messageId: id,
        address: row.mailbox,
        sender: row.sender,
        subject: row.subject && sealer.openText(`message.subject.${id}`, row.subject),
        receivedAt: row.received_at,
        verdict: row.verdict,
        reasons: JSON.parse(row.verdict_reasons),
        result: row.result,
        jobId: row.job_id,
        documents: row.documents,
        ignored: row.ignored,
      }
    })
    return { total: Number(total), items }
  },
}

const toAddress = (row: Row<'bill_address'>): BillAddress => ({
  address: row.address,
  companyId: row.company_id,
  createdAt: row.created_at,
  retiredAt: row.retired_at,
})
