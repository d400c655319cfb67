import { expect, it } from 'vitest'
import { newId } from '../../../src/domain/id.ts'
import type { UseStore } from '../contract.ts'
import { attempt, codeRecord, FIRST_PAGE, provision, rules, SECOND, T0 } from '../samples.ts'

/** A person takes a message out of quarantine. */
export function releaseContract(use: UseStore): void {
  it('makes the code of a quarantined message claimable when it is released', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const sample = codeRecord(connectionId, { code: '771100' }, { mailbox: address })
    const message = { ...sample, code: null, verdict: { ...sample.verdict, level: 'untrusted' as const } }
    await store.saveInbound([message])
    const login = await store.openAttempt(attempt(connectionId))
    expect(await store.claimCode(login.id, rules(), 'key:r')).toEqual({ kind: 'none' })
    const release = { actor: 'admin', now: T0 + 10 * SECOND, pinSender: true }
    const released = await store.releaseMessage(message.id, release)
    expect(released).toMatchObject({ releasedAt: T0 + 10 * SECOND })
    const claimed = await store.claimCode(login.id, rules(), 'key:r')
    expect(claimed).toMatchObject({ code: { code: '771100', verdict: 'trusted' } })
    expect((await store.findMailbox(address))?.pinnedSenders).toEqual(['sandbox-power.test'])
    expect(await store.releaseMessage(newId(), release)).toBeNull()
    const audit = await store.listAudit({ subject: `message:${message.id}` }, FIRST_PAGE)
    expect(audit.items).toMatchObject([{ action: 'message.released', actor: 'admin' }])
  })

  it('hands out no code of a released message whose code is dead', async () => {
    const { store } = use()
    const { connectionId, address } = await provision(store)
    const sample = codeRecord(connectionId, {}, { mailbox: address })
    await store.saveInbound([
      { ...sample, code: null, verdict: { ...sample.verdict, level: 'untrusted' as const } },
    ])
    const login = await store.openAttempt(attempt(connectionId, { expiresAt: T0 + 3600 * SECOND }))
    const late = T0 + 1200 * SECOND
    await store.releaseMessage(sample.id, {
      actor: 'admin',
      now: late,
      pinSender: false,
      validForSeconds: 60,
    })
    expect(await store.claimCode(login.id, rules({ now: late }), 'key:r')).toEqual({ kind: 'none' })
    expect(await store.listSeen(login.id, 10, rules({ now: late }))).toMatchObject([{ result: 'expired' }])
  })
}
