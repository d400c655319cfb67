import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../src/commands/doctor/check.ts'
import { checkNumbers } from '../../src/commands/doctor/numbers.ts'
import { checkDatabase } from '../../src/commands/doctor/servers.ts'
import { type Config, loadConfig } from '../../src/config.ts'
import { openPostgresStore } from '../../src/store/postgres/open.ts'
import type { Store } from '../../src/store/store.ts'
import { openTestStore } from '../store/sqlite/test-store.ts'
import { createDatabase } from '../support/postgres.ts'

const TWILIO = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'x'.repeat(32),
  PUBLIC_URL: 'https://relay.test',
}
const SINCE = Date.UTC(2026, 2, 1)
const SIDS = [`PN${'1'.repeat(32)}`, `PN${'2'.repeat(32)}`] as const

type Opened = { store: Store; env: Record<string, string>; remove(): Promise<unknown> }

const embedded = async (): Promise<Opened> => {
  const opened = await openTestStore()
  return { store: opened.store, env: { DATABASE_URL: `sqlite:${opened.path}` }, remove: opened.remove }
}
const ofManyNodes = async (): Promise<Opened> => {
  const { url, drop } = await createDatabase()
  const store = await openPostgresStore({ url, masterKeys: [new Uint8Array(32)], connections: 2 })
  const remove = () => store.close().then(drop)
  return {
    store,
    env: { DATABASE_URL: url, REDIS_URL: 'redis://127.0.0.1:1', MASTER_KEY: '0'.repeat(64) },
    remove,
  }
}
const ofNumbers = (found: readonly Finding[]) => found.filter(({ part }) => part === 'numbers')

describe.each([
  ['embedded', embedded, checkNumbers],
  ['of many nodes', ofManyNodes, checkDatabase],
])('doctor on numbers that nobody uses, in a store %s', (_, open, check) => {
  let opened: Opened
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened.remove())
  beforeEach(async () => {
    for (const sid of SIDS) await opened.store.noteNumberRelease(sid, null)
  })

  const said = async (change: Record<string, string> = TWILIO): Promise<Finding[]> => {
    const config: Config = loadConfig({ ...opened.env, ...change })
    return ofNumbers(await check(config))
  }
  const owe = async () => {
    for (const [n, providerSid] of SIDS.entries()) {
      const address = `+1415555010${n}`
      await opened.store.oweNumber({ providerSid, address, now: SINCE - n * 86_400_000 })
    }
  }

  it('says nothing where there are none', async () => {
    expect(await said()).toEqual([])
  })

  it('counts those that a running relay gives back', async () => {
    await owe()
    expect(await said()).toMatchObject([
      {
        state: 'ok',
        text: expect.stringMatching(/^2 that nobody uses .* first since 2026-02-28; a running/),
      },
    ])
  })

  it('warns of what Twilio does not take back, and names one', async () => {
    await owe()
    const error = 'Twilio could not release a number (20003)'
    await opened.store.noteNumberRelease(SIDS[0], { error, nextTryAt: SINCE })
    const [finding] = await said()
    expect(finding).toMatchObject({ state: 'warn', text: expect.stringContaining(error) })
    expect(finding?.advice).toContain(SIDS[0])
  })

  it('warns that without Twilio nothing can be given back', async () => {
    await owe()
    expect(await said({})).toMatchObject([
      { state: 'warn', advice: expect.stringMatching(/TWILIO_ACCOUNT_SID/) },
    ])
  })
})

it('doctor makes no store where there is none', async () => {
  const { path, remove } = await openTestStore()
  await remove()
  expect(await checkNumbers(loadConfig({ DATABASE_URL: `sqlite:${path}` }))).toEqual([])
})
