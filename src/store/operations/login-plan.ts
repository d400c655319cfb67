import type { Operations } from '../context.ts'
import { toAttempt } from '../rows.ts'

/** When logins are due: what reads. */
export const loginPlanReads: Operations<'getLoginPlan'> = {
  async getLoginPlan({ db }, connectionId, now) {
    const row = await db
      .selectFrom('connection')
      .select(['next_login_at', 'login_failures', 'login_changed_at', 'username', 'password'])
      .where('id', '=', connectionId)
      .where('deleted_at', 'is', null)
      .executeTakeFirst()
    if (!row) return null
    const last = await db
      .selectFrom('attempt')
      .selectAll()
      .where('connection_id', '=', connectionId)
      .orderBy('opened_at', 'desc')
      .limit(1)
      .executeTakeFirst()
    const test = await db
      .selectFrom('test_login')
      .select('expires_at')
      .where('connection_id', '=', connectionId)
      .where('is_over', '=', 0)
      .where('attempt_id', 'is', null)
      .where('expires_at', '>', now)
      .executeTakeFirst()
    return {
      nextLoginAt: row.next_login_at,
      failures: row.login_failures,
      changedAt: row.login_changed_at,
      hasCredentials: row.username !== null || row.password !== null,
      lastLogin: last ? toAttempt(last) : null,
      testUntil: test?.expires_at ?? null,
    }
  },
}
