import pg from 'pg'
import { expect, it } from 'vitest'
import type { Store } from '../../../src/store/store.ts'
import { waitFor } from '../../support/wait-for.ts'
import { attempt, codeRecord, MINUTE, provision, rules, T0 } from '../samples.ts'
import { answers, shareNodes, spread } from './test-store.ts'

/* How the rules of a utility fare is counted in rows that all of its logins share. */

const use = shareNodes(3)

const RULE = 'template:sandbox-power/shared'

/** A login that has claimed its code, read by `RULE`. */
async function claimed(store: Store): Promise<string> {
  const { connectionId, address } = await provision(store)
  const { id } = await store.openAttempt(attempt(connectionId))
  const message = codeRecord(connectionId, {}, { mailbox: address })
  await store.saveInbound([{ ...message, code: { ...message.code, rule: RULE } }])
  expect(await store.claimCode(id, rules(), 'test')).toMatchObject({ kind: 'code' })
  return id
}

const counted = async () => {
  const { items } = await use().store.listRules({ page: 1, limit: 500 })
  return items.find(({ rule }) => rule === RULE)
}

it('counts every login that ends, on whichever node', async () => {
  const { nodes } = use()
  const logins = await Promise.all(Array.from({ length: 30 }, () => claimed(nodes[0]!)))
  const ended = await spread(nodes, 30, (node, n) =>
    node.closeAttempt(logins[n]!, { code: n % 3 === 0 ? 'rejected' : 'accepted' }, T0 + MINUTE + n),
  )
  expect(answers(ended)).toHaveLength(30)
  expect(await counted()).toMatchObject({ accepted: 20, rejected: 10 })
})

it('holds up no other login while one is counted, nor the login itself', async () => {
  const { nodes, url } = use()
  const before = await counted()
  const ids = [await claimed(nodes[1]!), await claimed(nodes[2]!)]
  const client = new pg.Client(url)
  await client.connect()
  await client.query('begin')
  await client.query('select * from rule_result where rule = $1 for update', [RULE])
  const closing = ids.map((id, n) => nodes[n + 1]!.closeAttempt(id, { code: 'accepted' }, T0 + 2 * MINUTE))
  await waitFor(async () => {
    const found = await Promise.all(ids.map((id) => nodes[0]!.getAttempt(id)))
    return found.every((one) => one?.attempt.closedAt !== null)
  }, 'both to be closed')
  await client.query('commit')
  await client.end()
  await Promise.all(closing)
  expect((await counted())?.accepted).toBe((before?.accepted ?? 0) + 2)
})
