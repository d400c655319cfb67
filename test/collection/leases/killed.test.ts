import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import { openSqliteStore } from '../../../src/store/sqlite/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { MINUTE, T0 } from '../../store/samples.ts'
import { newFolder, TEST_KEY } from '../../store/sqlite/test-store.ts'

type Leased = { key: string; attemptId: string; connectionId: string }
type Claimed = { attemptId: string; codeId: string }

/** Lets the child work until it has acknowledged so many things, then kills it in the middle of the next. */
async function workAndKill(path: string, acknowledged: number): Promise<(Leased | Claimed)[]> {
  const script = fileURLToPath(new URL('killed.ts', import.meta.url))
  const child = spawn(process.execPath, [script, path, Buffer.from(TEST_KEY).toString('hex')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const lines: (Leased | Claimed)[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    // The kill may cut the last line short; a half line was never told to anybody.
    if (line.endsWith('}')) lines.push(JSON.parse(line))
    if (lines.length === acknowledged) child.kill('SIGKILL')
  }
  expect(await ended).toEqual([null, 'SIGKILL'])
  return lines
}

const request = (now: number) => ({
  attemptId: newId(),
  runner: 'another',
  now,
  expiresAt: now + 10 * MINUTE,
  actor: 'key:runner',
})

/** Leases all that is due. */
async function drain(store: Store, now: number): Promise<string[]> {
  const ids: string[] = []
  for (;;) {
    const leased = await store.leaseLogin(request(now))
    if (!leased) return ids
    ids.push(leased.connection.id)
  }
}

it('leases nothing twice after kill -9, and everything again once it expired', {
  timeout: 60_000,
}, async () => {
  const folder = newFolder()
  const path = join(folder, 'relay.db')
  const lines = await workAndKill(path, 31)
  const leases = lines.filter((line) => 'key' in line)
  const claims = lines.filter((line) => 'codeId' in line)
  expect(claims.length).toBeGreaterThan(5)
  const store = await openSqliteStore({ path, masterKeys: [TEST_KEY] })

  const early = await drain(store, T0 + MINUTE)
  expect(early.filter((id) => leases.some(({ connectionId }) => connectionId === id))).toEqual([])
  // Who did not get the answer asks again, and has the login and its code as before.
  for (const { key, attemptId, connectionId } of leases) {
    const again = await store.leaseLogin(request(T0 + 2), { scope: 'key:runner', key, fingerprint: 'f' })
    expect(again).toMatchObject({ attempt: { id: attemptId }, connection: { id: connectionId } })
    expect(again?.credentials.password).toBe('not-a-real-one')
  }
  for (const { attemptId, codeId } of claims) {
    const again = await store.claimTotp(attemptId, { now: T0 + 2, actor: 'key:runner' })
    expect(again).toMatchObject({ kind: 'code', isNew: false, code: { id: codeId } })
  }
  const late = await drain(store, T0 + 15 * MINUTE)
  expect(leases.map(({ connectionId }) => connectionId).filter((id) => !late.includes(id))).toEqual([])
  await store.close()
  rmSync(folder, { recursive: true })
})
