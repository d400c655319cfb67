import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseMime } from '../../src/inbound/parse-mime.ts'
import { createReader } from '../../src/inbound/read-message.ts'
import { startSecondLooks } from '../../src/receive/second-look.ts'
import { LONGEST_DEFERRAL_MS } from '../../src/receive/unanswered.ts'
import { type ReceiveDeps, receive } from '../../src/receive.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { Store } from '../../src/store/store.ts'
import { authenticate } from '../../src/trust/authenticate.ts'
import { judge } from '../../src/trust/judge.ts'
import { attempt, FIRST_PAGE, provision, rules, T0 } from '../store/samples.ts'
import { newFolder, TEST_KEY } from '../store/sqlite/test-store.ts'
import { circumstances, email, FROM_DOMAIN, mail, ORGANISATION, utility } from '../trust/support.ts'
import { startTrustWorld, type TrustWorld } from '../trust/world.ts'

const MINUTE = 60_000
const INBOX = 'pat@forwarder.test'

let world: TrustWorld
let store: Store
let folder: string
let deps: ReceiveDeps & { store: Store }
let woken: string[]
let home: Awaited<ReturnType<typeof provision>>
beforeAll(async () => {
  world = await startTrustWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  folder = newFolder()
  store = await openSqliteStore({ path: join(folder, 'relay.db'), masterKeys: [TEST_KEY] })
  home = await provision(store, { method: 'inbox_forwarding', inboxAddresses: [INBOX] })
  woken = []
  const read = createReader({
    parse: parseMime,
    extract: () => circumstances().extraction,
    authenticate: (message, readable) => authenticate(message, readable, world.deps),
    judge: (facts, message, context, found) =>
      judge(facts, message, context, utility(), circumstances(found)),
  })
  deps = {
    store,
    noteDeferral: store.noteDeferral,
    wakeup: { notify: (topic) => void woken.push(topic) },
    read: (message, addressees) => read(message, addressees, () => {}),
    planCopies: () => [],
    findUtility: () => utility(),
    canonical: (recipient) => recipient,
    isOperator: () => false,
    metrics: { received: () => {} },
  }
})
afterEach(async () => {
  world.dns.mend(`_domainkey.${ORGANISATION}`)
  await store.close()
  rmSync(folder, { recursive: true })
})

/** The utility's own mail, sent at T0, as it comes at that time: direct, or through the customer's inbox. */
const arrive = async (at: number, sender = `bounce@${FROM_DOMAIN}`) => {
  const raw = mail()
    .replace(/^To: .*$/m, `To: ${sender === INBOX ? INBOX : home.address}`)
    .replace(/^Date: .*$/m, `Date: ${new Date(T0).toUTCString()}`)
  return receive(
    deps,
    email(await world.sign(raw), {
      id: `m${at}`,
      receivedAt: at,
      envelope: { sender, recipients: [home.address] },
      client: { address: sender === INBOX ? '203.0.113.5' : '198.51.100.7', tls: true },
    }),
  )
}
const kept = async () => (await store.listMessages({ connectionId: home.connectionId }, FIRST_PAGE)).items
const lookAgain = async (now: number) => {
  const looks = startSecondLooks({ ...deps, now: () => now })
  await looks.run()
  await looks.stop()
}

describe('a message whose sender DNS cannot tell', () => {
  beforeEach(() => world.dns.break(`_domainkey.${ORGANISATION}`, 'SERVFAIL'))

  it('is put off for half an hour, then kept in quarantine', async () => {
    const late = LONGEST_DEFERRAL_MS
    for (const at of [T0, T0 + MINUTE, T0 + late - 1]) {
      await expect(arrive(at)).rejects.toMatchObject({ code: 'unavailable' })
    }
    expect(await kept()).toEqual([])
    await arrive(T0 + late)
    const [message] = await kept()
    expect(message?.verdict.level).toBe('untrusted')
    expect(message?.verdict.reasons.map(({ code }) => code)).toContain('dns_silent')
  })

  it('is not put off for longer because a clock was set back, or the relay started anew', async () => {
    await expect(arrive(T0 + 10 * LONGEST_DEFERRAL_MS)).rejects.toMatchObject({ code: 'unavailable' })
    await arrive(T0)
    expect(await kept()).toHaveLength(1)
  })

  it('is not put off for what another message has waited', async () => {
    await expect(arrive(T0)).rejects.toMatchObject({ code: 'unavailable' })
    const other = email(await world.sign(mail()), {
      receivedAt: T0 + LONGEST_DEFERRAL_MS,
      envelope: { sender: `bounce@${FROM_DOMAIN}`, recipients: [home.address] },
      client: { address: '198.51.100.7', tls: true },
    })
    await expect(receive(deps, other)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('is kept at once when a customer’s inbox forwarded it, and claimable once DNS answers', async () => {
    const login = await store.openAttempt(attempt(home.connectionId, { openedAt: T0 }))
    await arrive(T0 + MINUTE, INBOX)
    expect((await kept())[0]?.verdict.level).toBe('untrusted')
    const now = T0 + 2 * MINUTE
    // DNS is still silent: nothing changes, and it is looked at again.
    await lookAgain(now)
    expect((await kept())[0]?.verdict.level).toBe('untrusted')
    expect(await store.claimCode(login.id, rules({ now }), 'x')).toEqual({ kind: 'none' })

    world.dns.mend(`_domainkey.${ORGANISATION}`)
    await lookAgain(now + MINUTE)
    const [message] = await kept()
    expect(message?.verdict).toMatchObject({ level: 'trusted', forwardedBy: INBOX })
    expect(message?.verdict.reasons.map(({ code }) => code)).toContain('second_look')
    expect(woken).toContain(`inbox:sandbox-power:${INBOX}`)
    expect(await store.claimCode(login.id, rules({ now: now + MINUTE }), 'x')).toMatchObject({
      kind: 'code',
      code: { code: '482913', verdict: 'trusted', expiresAt: T0 + 10 * MINUTE },
    })
    // It is looked at once more by nobody.
    expect(await store.listSecondLooks(now + 100 * MINUTE, 10)).toEqual([])
  })

  it('does not bring back a code that has died meanwhile', async () => {
    const login = await store.openAttempt(
      attempt(home.connectionId, { openedAt: T0, expiresAt: T0 + 60 * MINUTE }),
    )
    await arrive(T0 + MINUTE, INBOX)
    world.dns.mend(`_domainkey.${ORGANISATION}`)
    const now = T0 + 11 * MINUTE
    await lookAgain(now)
    expect((await kept())[0]?.verdict.level).toBe('trusted')
    expect(await store.claimCode(login.id, rules({ now }), 'x')).toEqual({ kind: 'none' })
  })

  it('stays as a person decided', async () => {
    await arrive(T0 + MINUTE, INBOX)
    const [message] = await kept()
    await store.releaseMessage(message!.id, { actor: 'admin', now: T0 + MINUTE, pinSender: false })
    world.dns.mend(`_domainkey.${ORGANISATION}`)
    await lookAgain(T0 + 2 * MINUTE)
    expect((await kept())[0]?.verdict.level).toBe('untrusted')
  })

  it('is given up after a day', async () => {
    await arrive(T0, INBOX)
    await lookAgain(T0 + 24 * 60 * MINUTE)
    expect(await store.listSecondLooks(T0 + 1000 * 60 * MINUTE, 10)).toEqual([])
  })
})

describe('a message that came late', () => {
  it('keeps its verdict, and its code is dead', async () => {
    const login = await store.openAttempt(attempt(home.connectionId, { expiresAt: T0 + 60 * MINUTE }))
    await arrive(T0 + 21 * MINUTE)
    expect((await kept())[0]?.verdict.level).toBe('trusted')
    expect(await store.claimCode(login.id, rules({ now: T0 + 21 * MINUTE }), 'x')).toEqual({ kind: 'none' })
  })
})
