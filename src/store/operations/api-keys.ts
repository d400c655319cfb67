import type { Operations } from '../context.ts'
import { toApiKey } from '../rows.ts'

/** API keys: what writes. */
export const apiKeyWrites: Operations<'createApiKey' | 'revokeApiKey'> = {
  async createApiKey({ db }, key, hash) {
    await db
      .insertInto('api_key')
      .values({
        id: key.id,
        hash,
        scope: key.scope,
        company_id: key.companyId,
        label: key.label,
        created_at: key.createdAt,
        revoked_at: key.revokedAt,
      })
      .execute()
  },
  async revokeApiKey({ db }, id, now) {
    const { numUpdatedRows } = await db
      .updateTable('api_key')
      .set({ revoked_at: now })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },
}

/** API keys: what reads. */
export const apiKeyReads: Operations<'findApiKey' | 'listApiKeys'> = {
  async findApiKey({ db }, hash) {
    const row = await db
      .selectFrom('api_key')
      .selectAll()
      .where('hash', '=', hash)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    return row ? toApiKey(row) : null
  },
  async listApiKeys({ db }) {
    const rows = await db.selectFrom('api_key').selectAll().orderBy('id').execute()
    return rows.map(toApiKey)
  },
}
