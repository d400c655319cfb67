import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultSettings } from '../../src/config.ts'
import { doorGuard } from '../../src/inbound/door-guard.ts'
import {
  hostKey,
  type LimitRules,
  type LimitSettings,
  limitRules,
  memoryLimits,
} from '../../src/inbound/limits.ts'
import { smtpConnect } from '../support/smtp-client.ts'
import { waitFor } from '../support/wait-for.ts'
import { MAILBOX, openDoor, type TestDoor } from './support.ts'

const T0 = Date.UTC(2026, 2, 1)
const defaults = defaultSettings() as unknown as LimitSettings

/** A clock that is set by hand. */
const setUp = (change: Partial<LimitRules> = {}, startAt = T0) => {
  const clock = { now: startAt }
  return { clock, limits: memoryLimits({ ...limitRules(defaults), ...change }, () => clock.now) }
}
const takeMany = async (count: number, take: () => Promise<unknown>) =>
  Promise.all(Array.from({ length: count }, take))

describe('limits', () => {
  it('let through what is allowed in a minute, then say which limit is used up, then start anew', async () => {
    const { clock, limits } = setUp()
    const take = () => limits.take('connection_copies', 'c1')
    expect(await takeMany(10, take)).toEqual(Array(10).fill(null))
    expect(await take()).toEqual({ most: 10, seconds: 60 })
    expect(await limits.take('connection_copies', 'c2')).toBeNull()
    clock.now += 59_999
    expect(await take()).toEqual({ most: 10, seconds: 60 })
    clock.now += 1
    expect(await take()).toBeNull()
  })

  it('hold for a day as well', async () => {
    const { clock, limits } = setUp()
    let through = 0
    for (let minute = 0; minute < 20; minute += 1) {
      const taken = await takeMany(10, () => limits.take('connection_copies', 'c1'))
      through += taken.filter((used) => used === null).length
      clock.now += 60_000
    }
    expect(through).toBe(100)
    expect(await limits.take('connection_copies', 'c1')).toEqual({ most: 100, seconds: 86_400 })
    clock.now = T0 + 86_400_000
    expect(await limits.take('connection_copies', 'c1')).toBeNull()
  })

  it('never let more through in a window than they allow, whenever it is asked', async () => {
    const step = fc.record({ wait: fc.nat({ max: 40_000 }), key: fc.constantFrom('a', 'b') })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        async (steps, most) => {
          const { clock, limits } = setUp({ host_messages: [{ most, seconds: 60 }] })
          const passed = new Map<string, number>()
          for (const { wait, key } of steps) {
            clock.now += wait
            const window = `${key} ${Math.floor(clock.now / 60_000)}`
            const count = passed.get(window) ?? 0
            const used = await limits.take('host_messages', key)
            expect(used === null).toBe(count < most)
            if (used === null) passed.set(window, count + 1)
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1:0:0:9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('count %s as %s', (address, key) => {
    expect(hostKey(address)).toBe(key)
  })
})

describe('at the door', () => {
  const doors: TestDoor[] = []
  afterEach(async () => {
    for (const door of doors.splice(0)) await door.stop()
  })

  /** A door whose guard holds refusals until the test lets them go. */
  async function guarded(
    rules: Partial<LimitRules>,
    options: { mostHeld?: number; isExempt?: boolean } = {},
  ) {
    const { clock, limits } = setUp(rules)
    const held: (() => void)[] = []
    const guard = doorGuard({
      limits,
      isExempt: () => options.isExempt ?? false,
      tarpitMs: 5_000,
      mostHeld: options.mostHeld ?? 10,
      pause: () => new Promise((resolve) => held.push(resolve)),
    })
    const door = await openDoor({ guard })
    doors.push(door)
    const client = async () => {
      const connection = await smtpConnect(door.port)
      await connection.send('EHLO portal.test')
      await connection.send('MAIL FROM:<no-reply@portal.test>')
      return connection
    }
    return { clock, held, door, client }
  }
  const one = [{ most: 1, seconds: 60 }]
  const unknown = (index = 0) => `RCPT TO:<mfa-aaaaaaaaaaaaaa${String(index).padStart(2, '2')}@relay.test>`

  it('a host that sends too much is told to come back, and can a minute later', async () => {
    const { clock, door, client } = await guarded({ host_messages: one })
    const connection = await client()
    await connection.send(`RCPT TO:<${MAILBOX}>`)
    await connection.send('DATA')
    expect(await connection.send('Subject: x\r\n\r\nhello\r\n.')).toMatchObject({ code: 250 })
    const refused = await connection.send('MAIL FROM:<no-reply@portal.test>')
    expect(refused.text).toMatch(/^451 4\.7\.1 /)
    clock.now += 60_000
    expect(await connection.send('MAIL FROM:<no-reply@portal.test>')).toMatchObject({ code: 250 })
    expect(door.received).toHaveLength(1)
    connection.quit()
  })

  it('who guesses addresses waits for each further refusal, and nobody else does', async () => {
    const { held, client } = await guarded({ host_unknown_recipients: one })
    const prober = await client()
    expect(await prober.send(unknown(1))).toMatchObject({ code: 550 })
    const second = prober.send(unknown(2))
    await waitFor(() => held.length === 1, 'the refusal to be held')
    const other = await client()
    expect(await other.send(`RCPT TO:<${MAILBOX}>`)).toMatchObject({ code: 250 })
    held[0]!()
    expect(await second).toMatchObject({ code: 550 })
    prober.quit()
    other.quit()
  })

  it('no more are held than may be, so that probing cannot use up connections', async () => {
    const { held, client } = await guarded(
      { host_unknown_recipients: [{ most: 1, seconds: 60 }] },
      { mostHeld: 1 },
    )
    const [first, second] = [await client(), await client()]
    await first.send(unknown(1))
    const waiting = first.send(unknown(2))
    await waitFor(() => held.length === 1, 'the refusal to be held')
    expect(await second.send(unknown(3))).toMatchObject({ code: 550 })
    expect(held).toHaveLength(1)
    held[0]!()
    await waiting
    first.quit()
    second.quit()
  })

  it('trusted networks are not limited', async () => {
    const { held, client } = await guarded(
      { host_messages: one, host_unknown_recipients: one },
      { isExempt: true },
    )
    const connection = await client()
    for (let index = 1; index < 5; index += 1) {
      expect(await connection.send(unknown(index))).toMatchObject({ code: 550 })
      await connection.send('RSET')
      expect(await connection.send('MAIL FROM:<>')).toMatchObject({ code: 250 })
    }
    expect(held).toEqual([])
    connection.quit()
  })

  it('a peer whose address is not known is not limited', async () => {
    const { limits } = setUp({ host_messages: one, host_unknown_recipients: one })
    const guard = doorGuard({
      limits,
      isExempt: () => false,
      tarpitMs: 1,
      mostHeld: 1,
      pause: async () => {},
    })
    for (let index = 0; index < 3; index += 1) {
      expect(await guard.admits(undefined)).toBe(true)
      await guard.beforeRefusal(undefined)
    }
  })
})
