import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import { company, connection, DAY, FIRST_PAGE, MINUTE, T0 } from '../../store/samples.ts'
import { openTestStore } from '../../store/sqlite/test-store.ts'

describe('leases on damaged and secret data', () => {
  let opened: Awaited<ReturnType<typeof openTestStore>>
  let database: Database.Database
  beforeAll(async () => {
    opened = await openTestStore()
    database = new Database(opened.path)
  })
  afterAll(async () => {
    database.close()
    await opened.remove()
  })

  const lease = (now: number, key?: string) =>
    opened.store.leaseLogin(
      { attemptId: newId(), runner: 'r', now, expiresAt: now + MINUTE, actor: 'key:r' },
      key === undefined ? undefined : { scope: 'key:r', key, fingerprint: 'f' },
    )

  it('pass by credentials that do not open, and tell', async () => {
    const owner = company()
    await opened.store.createCompany(owner)
    const [broken, whole] = [connection(owner.id), connection(owner.id, { createdAt: T0 + 1 })]
    for (const login of [broken, whole]) {
      await opened.store.createConnection(login, { username: 'pat', password: 'secret words' })
    }
    const other = database.prepare('select password from connection where id = ?').pluck().get(whole.id)
    database.prepare('update connection set password = ? where id = ?').run(other, broken.id)
    expect(await lease(T0 + 2 * MINUTE)).toMatchObject({ connection: { id: whole.id } })
    expect(await lease(T0 + 2 * MINUTE)).toBeNull()
    const { items } = await opened.store.listAudit({ subject: `connection:${broken.id}` }, FIRST_PAGE)
    expect(items).toMatchObject([{ action: 'credentials.unreadable' }])
  })

  it('keep no credentials with the key of the request', async () => {
    const owner = company()
    await opened.store.createCompany(owner)
    const login = connection(owner.id, { createdAt: T0 + 3 * DAY })
    await opened.store.createConnection(login, { username: 'pat', password: 'secret words' })
    const sizes = () =>
      database.prepare('select length(answer) from idempotency where key = ?').pluck().get('k') as number
    const leased = await lease(T0 + 4 * DAY, 'k')
    expect(leased).not.toBeNull()
    // Header, tag and {"attemptId":"<uuid>"}: there is no room for anything else.
    expect(sizes()).toBe(33 + JSON.stringify({ attemptId: leased!.attempt.id }).length)
  })
})
