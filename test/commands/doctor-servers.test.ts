import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkDatabase, checkRedis } from '../../src/commands/doctor/servers.ts'
import { type Config, loadConfig } from '../../src/config.ts'
import { openPostgresStore } from '../../src/store/postgres/open.ts'
import { freePort } from '../support/free-port.ts'
import { createDatabase, query } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { waitFor } from '../support/wait-for.ts'

const settings = (env: Record<string, string>): Config =>
  loadConfig({ MASTER_KEY: '0'.repeat(64), REDIS_URL: 'redis://127.0.0.1:1', ...env })

describe('doctor on Redis', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.close())

  it('says that it is not set', async () => {
    expect(await checkRedis(loadConfig({}))).toMatchObject([{ state: 'off' }])
  })

  it('says which version answers', async () => {
    expect(await checkRedis(settings({ REDIS_URL: redis.url }))).toMatchObject([
      { state: 'ok', text: expect.stringMatching(/^Redis \d+\.\d+/) },
    ])
  })

  it('says that nothing answers, and what follows', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`
    const [finding] = await checkRedis(settings({ REDIS_URL: url, DATABASE_URL: 'postgres://db/relay' }))
    expect(finding).toMatchObject({ state: 'fail', advice: expect.stringMatching(/slow polling/) })
  })

  it('says that the password is wrong', async () => {
    await redis.command('CONFIG', 'SET', 'requirepass', 'secret-of-redis')
    const [finding] = await checkRedis(settings({ REDIS_URL: redis.url }))
    expect(finding).toMatchObject({ state: 'fail', text: expect.stringMatching(/NOAUTH|Authentication/i) })
    expect(JSON.stringify(finding)).not.toContain('secret-of-redis')
  })
})

describe('doctor on the database', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>
  beforeAll(async () => {
    database = await createDatabase()
  })
  afterAll(() => database.drop())

  it('says that the store is embedded', async () => {
    expect(await checkDatabase(loadConfig({}))).toMatchObject([{ state: 'ok', text: 'SQLite, embedded' }])
  })

  it('warns of a server that does not flush, as that of these tests', async () => {
    expect(await checkDatabase(settings({ DATABASE_URL: database.url }))).toMatchObject([
      { state: 'warn', text: expect.stringMatching(/fsync is off/) },
    ])
  })

  it('says whether old master keys may go', async () => {
    const [old, young] = ['1'.repeat(64), '2'.repeat(64)]
    const keys = (masterKeys: string) => ({ DATABASE_URL: database.url, MASTER_KEY: masterKeys })
    const open = async (...given: string[]) => {
      const masterKeys = given.map((key) => Buffer.from(key, 'hex'))
      return openPostgresStore({ url: database.url, masterKeys, connections: 2 })
    }
    await (await open(old)).close()
    const store = await open(young, old)
    const said = async () => (await checkDatabase(settings(keys(`${young},${old}`)))).at(-1)
    expect(await said()).toMatchObject({ state: 'ok', text: expect.stringMatching(/still open/) })
    await waitFor(async () => (await store.reseal(() => false)).isDone, 'the change of keys')
    await store.close()
    expect(await said()).toMatchObject({ state: 'warn', text: expect.stringMatching(/nothing needs/) })
    expect(await checkDatabase(settings(keys(young)))).toHaveLength(1)
  })

  it('fails where no table may be made', async () => {
    const user = `reader_${Date.now()}`
    await query(database.url, `create user ${user}`)
    await query(database.url, 'revoke create on schema public from public')
    const url = new URL(database.url)
    url.username = user
    try {
      const found = await checkDatabase(settings({ DATABASE_URL: url.href }))
      expect(found.filter(({ state }) => state === 'fail')).toMatchObject([
        { text: expect.stringMatching(/may not make tables/) },
      ])
    } finally {
      await query(database.url, `drop user ${user}`)
    }
  })

  it('fails where nothing answers, and names no password', async () => {
    const url = `postgres://relay:secret-of-postgres@127.0.0.1:${await freePort()}/relay`
    const [finding] = await checkDatabase(settings({ DATABASE_URL: url }))
    expect(finding).toMatchObject({ state: 'fail', text: expect.stringMatching(/ECONNREFUSED/) })
    expect(JSON.stringify(finding)).not.toContain('secret-of-postgres')
  })
})
