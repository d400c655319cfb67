import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Haproxy, startHaproxy } from '../support/haproxy.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { createDatabase } from '../support/postgres.ts'
import { type RelayProcess, startProcess } from '../support/process.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { ADMIN_KEY, callApi, provision, testEnvironment } from '../support/relay.ts'
import { waitFor } from '../support/wait-for.ts'

/* Two nodes behind a real HAProxy with the configuration that we ship. */

const PATIENCE_MS = 120_000
const SENDER = '127.0.0.5'

let folder: string
let redis: TestRedis
let database: Awaited<ReturnType<typeof createDatabase>>
let nodes: RelayProcess[]
let balancer: Haproxy
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mfa-relay-balanced-'))
  redis = await startRedis()
  database = await createDatabase()
  const shared = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    MASTER_KEY: 'd4'.repeat(32),
    PROXY_NETWORKS: '127.0.0.1',
    LOG_LEVEL: 'info',
  }
  const start = (name: string) => startProcess({ ...testEnvironment(join(folder, name)), ...shared })
  // The first makes the tables.
  nodes = [await start('a'), await start('b')]
  balancer = await startHaproxy(nodes)
}, PATIENCE_MS)
afterAll(async () => {
  await balancer.close()
  for (const node of nodes) await node.stop('SIGKILL')
  await redis.close()
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

const api = <T = Record<string, unknown>>(method: string, path: string, body?: unknown) =>
  callApi<T>(`http://127.0.0.1:${balancer.httpPort}`, method, path, body, ADMIN_KEY)
const send = (to: string, code: string) =>
  sendMail(balancer.smtpPort, { to, text: codeText(code), localAddress: SENDER })
const kept = (node: RelayProcess): number => node.logs().split('"event":"message_stored"').length - 1

it(
  'shares mail out with the address of who sent it, and a poll gets its code from whichever node has it',
  async () => {
    await waitFor(async () => (await api('GET', '/readyz')).status === 200, 'a node to be in use')
    const { connectionId, emailAddress } = await provision({ api })
    const { body: attempt } = await api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})
    const waiting = api<{ code: string }>('GET', `/v2/attempt/${attempt.id}/code?wait=30`)
    expect(await send(emailAddress, '515253')).toMatch(/^250/)
    expect(await waiting).toMatchObject({ status: 200, body: { code: '515253' } })
    for (let n = 0; n < 5; n += 1) expect(await send(emailAddress, String(600_000 + n))).toMatch(/^250/)
    const { body: messages } = await api<{ items: { clientAddress: string }[] }>(
      'GET',
      `/v2/connection/${connectionId}/messages`,
    )
    expect(new Set(messages.items.map(({ clientAddress }) => clientAddress))).toEqual(new Set([SENDER]))
    expect(nodes.map(kept)).toEqual([3, 3])
  },
  PATIENCE_MS,
)

it(
  'goes on with the others at once when a node is killed',
  async () => {
    const { connectionId, emailAddress } = await provision({ api })
    await nodes.shift()!.kill()
    for (let n = 0; n < 6; n += 1) expect(await send(emailAddress, String(700_000 + n))).toMatch(/^250/)
    const path = `/v2/connection/${connectionId}/messages`
    for (let n = 0; n < 4; n += 1) expect(await api('GET', path)).toMatchObject({ body: { total: 6 } })
  },
  PATIENCE_MS,
)
