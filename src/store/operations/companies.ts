import type { Company } from '../../domain/connection.ts'
import type { Operations } from '../context.ts'
import { toCompany } from '../rows.ts'
import { countSome, offsetOf, pageOf } from './paging.ts'

const flag = (value: boolean): 0 | 1 => (value ? 1 : 0)

const columns = (company: Company) => ({
  id: company.id,
  name: company.name,
  external_id: company.externalId,
  public_id: company.publicId,
  sms_relay: flag(company.features.smsRelay),
  is_active: flag(company.isActive),
  vouched_domains: JSON.stringify(company.vouchedDomains),
  contact_email: company.contactEmail,
  notices: flag(company.notices),
  created_at: company.createdAt,
  updated_at: company.updatedAt,
})

/** Who owns connections: what writes. */
export const companyWrites: Operations<'createCompany' | 'updateCompany'> = {
  async createCompany({ db }, company) {
    await db.insertInto('company').values(columns(company)).execute()
  },
  async updateCompany({ db }, id, change, now) {
    const row = await db
      .updateTable('company')
      .set({
        name: change.name,
        external_id: change.externalId,
        sms_relay: change.features && flag(change.features.smsRelay),
        is_active: change.isActive === undefined ? undefined : flag(change.isActive),
        vouched_domains: change.vouchedDomains && JSON.stringify(change.vouchedDomains),
        contact_email: change.contactEmail,
        notices: change.notices === undefined ? undefined : flag(change.notices),
        updated_at: now,
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
    return row ? toCompany(row) : null
  },
}

/** Who owns connections: what reads. */
export const companyReads: Operations<'getCompany' | 'listCompanies'> = {
  async getCompany({ db }, id) {
    const row = await db.selectFrom('company').selectAll().where('id', '=', id).executeTakeFirst()
    return row ? toCompany(row) : null
  },
  async listCompanies({ db }, page) {
    const counted = await countSome(db, db.selectFrom('company'))
    const rows = await db
      .selectFrom('company')
      .selectAll()
      .orderBy('id')
      .limit(page.limit)
      .offset(offsetOf(page))
      .execute()
    return pageOf(counted, rows.map(toCompany), page)
  },
}
