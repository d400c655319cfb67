import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openPostgresStore } from '../../../src/store/postgres/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres.ts'
import { waitFor } from '../../support/wait-for.ts'
import { attempt, codeRecord, FIRST_PAGE, provision, rules } from '../samples.ts'
import { TEST_KEY } from './test-store.ts'

/* What happens to a node when its database does not answer. */

let server: PostgresServer
let store: Store
beforeAll(async () => {
  server = await startPostgres()
  store = await openPostgresStore({
    url: server.url,
    masterKeys: [TEST_KEY],
    connections: 6,
    statementMs: 1_000,
  })
})
afterAll(async () => {
  await store.close()
  server.remove()
})
beforeEach(() => waitFor(() => store.checkWritable().then(() => true), 'the store to be there'))

const UNAVAILABLE = { name: 'Failure', code: 'unavailable' }

describe('a server that stops', () => {
  it('makes every call a temporary failure, and is found again without a restart of the node', async () => {
    const { connectionId, address } = await provision(store)
    const login = await store.openAttempt(attempt(connectionId))
    const kept = codeRecord(connectionId, { code: '482913' }, { mailbox: address })
    await store.saveInbound([kept])
    server.stop('immediate')
    const calls = [
      store.findMailbox(address),
      store.saveInbound([codeRecord(connectionId, {}, { mailbox: address })]),
      store.claimCode(login.id, rules(), 'key:r'),
      store.listMessages({ connectionId }, FIRST_PAGE),
      store.getConnection(connectionId),
      store.updateConnection(connectionId, { url: 'https://x.test' }, 1),
      store.checkWritable(),
    ]
    for (const settled of await Promise.allSettled(calls)) {
      expect(settled).toMatchObject({ status: 'rejected', reason: UNAVAILABLE })
    }
    server.start()
    await waitFor(() => store.checkWritable().then(() => true), 'the store to come back')
    const claimed = await store.claimCode(login.id, rules(), 'key:r')
    expect(claimed).toMatchObject({ code: { code: '482913' } })
  })

  it('loses nothing of what was acknowledged while it was killed and restarted', async () => {
    const { connectionId, address } = await provision(store)
    const acknowledged = new Set<string>()
    let isOver = false
    const sender = async (): Promise<void> => {
      while (!isOver) {
        const message = codeRecord(connectionId, {}, { mailbox: address })
        await store.saveInbound([message]).then(
          () => acknowledged.add(message.id),
          (error) => expect(error).toMatchObject(UNAVAILABLE),
        )
      }
    }
    const senders = [sender(), sender(), sender()]
    for (const how of ['immediate', 'fast', 'immediate'] as const) {
      const before = acknowledged.size
      await waitFor(() => acknowledged.size > before + 5, 'messages that are kept')
      server.restart(how)
    }
    const before = acknowledged.size
    await waitFor(() => acknowledged.size > before, 'messages that are kept after the last restart')
    isOver = true
    await Promise.all(senders)
    for (const id of acknowledged) expect(await store.getMessage(id), id).not.toBeNull()
  })

  it('ends idle connections, which is no fault', async () => {
    await Promise.all(Array.from({ length: 6 }, () => store.checkWritable()))
    server.restart('fast')
    // A connection that was ended while it idled is not one that a call may fail on.
    expect(await store.getCompany('none')).toBeNull()
  })
})

describe('a server that hangs', () => {
  it('keeps nobody waiting for ever, and goes on where it stopped', async () => {
    const { connectionId } = await provision(store)
    const { pid } = server
    // Its children are what answers; they are told first, so that none is left to.
    const children = await backends()
    for (const child of [...children, pid]) process.kill(child, 'SIGSTOP')
    try {
      await expect(store.getConnection(connectionId)).rejects.toMatchObject(UNAVAILABLE)
      await expect(store.updateConnection(connectionId, { country: 'CA' }, 1)).rejects.toMatchObject(
        UNAVAILABLE,
      )
    } finally {
      for (const child of [...children, pid]) process.kill(child, 'SIGCONT')
    }
    await waitFor(() => store.checkWritable().then(() => true), 'the store to come back')
    expect(await store.getConnection(connectionId)).toMatchObject({ id: connectionId })
  })

  it('of one lock does not keep a statement longer than its limit', async () => {
    const { connectionId } = await provision(store)
    const other = new pg.Client(server.url)
    await other.connect()
    await other.query('begin')
    await other.query('lock table connection in access exclusive mode')
    await expect(store.updateConnection(connectionId, { country: 'CA' }, 1)).rejects.toMatchObject(
      UNAVAILABLE,
    )
    await other.end()
    expect(await store.updateConnection(connectionId, { country: 'CA' }, 1)).toMatchObject({ country: 'CA' })
  })

  async function backends(): Promise<number[]> {
    const client = new pg.Client(server.url)
    await client.connect()
    const { rows } = await client.query(
      "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
    )
    await client.end()
    return rows.map(({ pid }) => pid)
  }
})
