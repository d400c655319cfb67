import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Store } from '../../../src/store/store.ts'
import { waitFor } from '../../support/wait-for.ts'
import { attempt, codeRecord, MINUTE, provision, rules, T0 } from '../samples.ts'
import { openNodes } from './test-store.ts'

/* What a node does that meets another one in the middle of its transaction, which a bare connection stands for here. */

const NEW_KEY = new Uint8Array(32).fill(9)

let opened: Awaited<ReturnType<typeof openNodes>>
let store: Store
let other: pg.Client
beforeAll(async () => {
  opened = await openNodes(1)
  store = opened.nodes[0]!
  other = new pg.Client(opened.url)
  await other.connect()
})
afterAll(async () => {
  await other.end()
  await opened.remove()
})

async function somebodyWaits(): Promise<void> {
  const waits = `select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  const probe = async (): Promise<boolean> => {
    // In a transaction, what was seen once is seen again.
    await other.query('select pg_stat_clear_snapshot()')
    return (await other.query(waits)).rowCount !== 0
  }
  await waitFor(probe, 'somebody to wait')
}

/** Begins what the other node does, waits until `act` waits for it, and lets it commit. */
async function meets<T>(statement: string, parameters: unknown[], act: () => Promise<T>): Promise<T> {
  await other.query('begin')
  await other.query(statement, parameters)
  const acting = act()
  await somebodyWaits()
  await other.query('commit')
  return acting
}

async function login() {
  const { connectionId, address } = await provision(store)
  const { id } = await store.openAttempt(attempt(connectionId))
  await store.saveInbound([codeRecord(connectionId, { code: '482913' }, { mailbox: address })])
  return { connectionId, id }
}

it('claims nothing for an attempt that ends', async () => {
  const { id } = await login()
  const end = 'update attempt set closed_at = $1 where id = $2'
  const claim = await meets(end, [T0, id], () => store.claimCode(id, rules(), 'key:r'))
  expect(claim).toEqual({ kind: 'over' })
})

it('claims nothing that another attempt takes', async () => {
  const { id } = await login()
  const take =
    "update code set state = 'claimed', attempt_id = 'another' where source in (select source from attempt_source where attempt_id = $1)"
  const claim = await meets(take, [id], () => store.claimCode(id, rules(), 'key:r'))
  expect(claim).toEqual({ kind: 'none' })
})

it('opens no attempt beside one that takes the same source', async () => {
  const { connectionId, id } = await login()
  const extend = 'update source_hold set held_until = $1 where attempt_id = $2'
  const later = attempt(connectionId, { openedAt: T0 + 10 * MINUTE, expiresAt: T0 + 20 * MINUTE })
  const opening = meets(extend, [T0 + 15 * MINUTE, id], () => store.openAttempt(later))
  await expect(opening).rejects.toMatchObject({ code: 'attempt_open', details: { attemptId: id } })
})

it('acknowledges a message only when the other node has kept it', async () => {
  const { connectionId, address } = await provision(store)
  const message = codeRecord(connectionId, {}, { mailbox: address })
  await store.saveInbound([message])
  await other.query('begin')
  const copy = { ...message, id: codeRecord(connectionId).id, code: null }
  await other.query('delete from code where message_id = $1', [message.id])
  await other.query('delete from message where id = $1', [message.id])
  const saving = store.saveInbound([copy])
  await somebodyWaits()
  await other.query('commit')
  // The other one took it back, so it is new here.
  expect(await saving).toEqual([{ recordId: copy.id, isNew: true }])
})

it('writes nothing over that is changed while keys change', async () => {
  const { connectionId } = await provision(store)
  await store.updateConnection(connectionId, { username: 'pat', password: 'old' }, T0)
  const young = await opened.open({ masterKeys: [NEW_KEY, opened.key] })
  const change = 'update connection set password = null where id = $1'
  await meets(change, [connectionId], () => young.reseal(() => false))
  const { rows } = await other.query('select username, password from connection where id = $1', [
    connectionId,
  ])
  expect(rows[0]).toMatchObject({ password: null, username: expect.any(Buffer) })
})
