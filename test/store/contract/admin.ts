import { expect, it } from 'vitest'
import type { ApiKey } from '../../../src/domain/api-key.ts'
import { Failure } from '../../../src/domain/failure.ts'
import { newId } from '../../../src/domain/id.ts'
import type { UseStore } from '../contract.ts'
import { attempt, FIRST_PAGE, T0 } from '../samples.ts'

/** Keys, the audit log, and whether anything can be written at all. */
export function adminContract(use: UseStore): void {
  it('finds a key by its hash until it is revoked', async () => {
    const { store } = use()
    const key: ApiKey = {
      id: newId(),
      scope: 'runner',
      companyId: null,
      label: 'night runners',
      createdAt: T0,
      revokedAt: null,
    }
    await store.createApiKey(key, 'hash-1')
    expect(await store.findApiKey('hash-1')).toEqual(key)
    expect(await store.findApiKey('hash-2')).toBeNull()
    expect(await store.revokeApiKey(key.id, T0 + 1)).toBe(true)
    expect(await store.revokeApiKey(key.id, T0 + 2)).toBe(false)
    expect(await store.findApiKey('hash-1')).toBeNull()
    expect(await store.listApiKeys()).toEqual([{ ...key, revokedAt: T0 + 1 }])
  })

  it('keeps two keys apart', async () => {
    const { store } = use()
    const key = { scope: 'admin', companyId: null, label: null, createdAt: T0, revokedAt: null } as const
    await store.createApiKey({ id: newId(), ...key }, 'hash-3')
    await expect(store.createApiKey({ id: newId(), ...key }, 'hash-3')).rejects.toThrow()
  })

  it('lists the audit log newest first', async () => {
    const { store } = use()
    const subject = `connection:${newId()}`
    for (const at of [T0 + 1, T0 + 3, T0 + 2]) {
      await store.writeAudit({ id: newId(), at, actor: 'admin', action: 'test', subject, detail: null })
    }
    const { items, total } = await store.listAudit({ subject }, { page: 1, limit: 2 })
    expect([total, ...items.map(({ at }) => at - T0)]).toEqual([3, 3, 2])
    expect((await store.listAudit({}, FIRST_PAGE)).total).toBeGreaterThanOrEqual(3)
  })

  it('commits something when asked whether it can', async () => {
    const { store } = use()
    await expect(store.checkWritable()).resolves.toBeUndefined()
    await expect(store.checkWritable()).resolves.toBeUndefined()
  })

  it('throws failures that callers know by class and code', async () => {
    const { store } = use()
    const error = await store.openAttempt(attempt(newId())).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Failure)
    expect(error).toMatchObject({ code: 'not_found', name: 'Failure' })
  })
}
