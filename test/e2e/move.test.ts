import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { createDatabase } from '../support/postgres.ts'
import { type RelayProcess, startProcess } from '../support/process.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { ADMIN_KEY, callApi, provision, testEnvironment } from '../support/relay.ts'

/* A relay outgrows its machine: what one process has kept in SQLite, two go on with in PostgreSQL. */

const MASTER_KEY = 'c3'.repeat(32)
/** Four processes start, one after the other. */
const PATIENCE_MS = 120_000

let dataDir: string
let redis: TestRedis
let database: Awaited<ReturnType<typeof createDatabase>>
const running: RelayProcess[] = []
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-move-'))
  redis = await startRedis()
  database = await createDatabase()
})
afterAll(async () => {
  for (const relay of running) await relay.stop('SIGKILL')
  await redis.close()
  await database.drop()
  rmSync(dataDir, { recursive: true, force: true })
})

const start = async (env: Record<string, string>): Promise<RelayProcess> => {
  const relay = await startProcess({ ...testEnvironment(dataDir), LOG_LEVEL: 'info', MASTER_KEY, ...env })
  running.push(relay)
  return relay
}
const apiOf =
  (relay: RelayProcess) =>
  <T = Record<string, unknown>>(method: string, path: string, body?: unknown) =>
    callApi<T>(relay.url, method, path, body, ADMIN_KEY)

it(
  'moves, and any of the new nodes hands out what came to any other',
  async () => {
    const lone = await start({})
    const { connectionId, emailAddress } = await provision({ api: apiOf(lone) })
    await sendMail(lone.smtpPort, { to: emailAddress, text: codeText('101010') })
    expect(await lone.stop()).toBe(0)

    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      ['src/main.ts', 'migrate', '--from', `sqlite:${join(dataDir, 'relay.db')}`],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH ?? '', DATA_DIR: dataDir, MASTER_KEY, DATABASE_URL: database.url },
      },
    )
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(stdout).toMatch(/^\d+ rows are moved and verified\.$/m)

    const many = { DATABASE_URL: database.url, REDIS_URL: redis.url }
    const node = (name: string) => start({ ...many, DATA_DIR: join(dataDir, name) })
    const [a, b] = await Promise.all([node('a'), node('b')])
    const seen = await apiOf(b)<{ total: number }>('GET', `/v2/connection/${connectionId}/messages`)
    expect(seen.body.total).toBe(1)
    const { body } = await apiOf(b)<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})
    const waiting = apiOf(b)<{ code: string }>('GET', `/v2/attempt/${body.id}/code?wait=20`)
    expect(await sendMail(a.smtpPort, { to: emailAddress, text: codeText('202020') })).toMatch(/^250/)
    expect(await waiting).toMatchObject({ status: 200, body: { code: '202020' } })
  },
  PATIENCE_MS,
)
