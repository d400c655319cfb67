import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MailboxContext } from '../../../src/domain/mailbox.ts'
import { rememberMailboxes } from '../../../src/store/sqlite/recent-mailboxes.ts'
import { attempt, MINUTE, mfaSetup, provision, T0 } from '../samples.ts'
import { openTestStore } from './test-store.ts'

const contextOf = (address: string) => ({ mailbox: { address } }) as MailboxContext

describe('mailboxes that were asked for a moment ago', () => {
  function scene() {
    const asked: string[] = []
    const clock = { now: 0 }
    const find = (address: string) => {
      asked.push(address)
      return address === 'nobody' ? null : contextOf(address)
    }
    return { asked, clock, ...rememberMailboxes(find, () => clock.now) }
  }

  it('are looked up once for the two questions of a message, and anew for the next message', () => {
    const { asked, findMailbox } = scene()
    expect(findMailbox('a')).toBe(findMailbox('a'))
    expect(asked).toEqual(['a'])
    findMailbox('a')
    expect(asked).toEqual(['a', 'a'])
  })

  it('are looked up again after a second, after a write, and when there was none', () => {
    const { asked, clock, findMailbox, forget } = scene()
    findMailbox('a')
    clock.now = 1_000
    findMailbox('a')
    forget()
    findMailbox('a')
    expect(asked).toEqual(['a', 'a', 'a'])
    findMailbox('nobody')
    findMailbox('nobody')
    expect(asked.filter((address) => address === 'nobody')).toHaveLength(2)
  })
})

describe('what a write changes is seen at once', () => {
  let opened: Awaited<ReturnType<typeof openTestStore>>
  beforeAll(async () => {
    opened = await openTestStore()
  })
  afterAll(() => opened.remove())

  it('in a mailbox that was asked for before it, also while it was under way', async () => {
    const { store } = opened
    const { connectionId, address } = await provision(store)
    const ask = () => store.findMailbox(address)
    expect((await ask())?.loginOpenUntil).toBeNull()
    const opening = store.openAttempt(attempt(connectionId))
    await ask()
    await opening
    expect((await ask())?.loginOpenUntil).toBe(T0 + 10 * MINUTE)
    await ask()
    const recipients = [{ channel: 'email', address: 'pat@customer.test', state: 'confirmed' } as const]
    await ask()
    await store.configureMfa(connectionId, mfaSetup({ recipients }), T0)
    expect((await ask())?.recipients).toMatchObject([{ address: 'pat@customer.test' }])
    await ask()
    await ask()
    await store.retireMailbox(connectionId, address, T0)
    expect((await ask())?.mailbox.retiredAt).toBe(T0)
  })
})
