import type { Context } from './context.ts'
import { WrongMasterKeyError } from './errors.ts'
import type { Sealer } from './seal.ts'

const PLAIN = 'mfa-relay key check'
const place = (keyId: string) => `key_check.sealed.${keyId}` as const

/**
 * Makes sure that every key that ever sealed something here is among those given, and notes the one that seals
 * from now on. Strict on purpose: with one key missing some credentials would open and others would not, which
 * is found out much later than at a start that fails.
 *
 * @throws WrongMasterKeyError
 */
export async function checkKeys({ db, sealer }: Context, now: number): Promise<void> {
  const rows = await db.selectFrom('key_check').selectAll().execute()
  for (const row of rows) {
    if (!opens(() => sealer.openText(place(row.key_id), row.sealed)))
      throw new WrongMasterKeyError(row.key_id)
  }
  if (rows.some((row) => row.key_id === sealer.keyId)) return
  await db.insertInto('key_check').values(keyCheck(sealer, now)).execute()
}

/** The row that notes the first key. */
export const keyCheck = (sealer: Sealer, now: number) => ({
  key_id: sealer.keyId,
  sealed: sealer.seal(place(sealer.keyId), PLAIN),
  created_at: now,
})

function opens(read: () => string): boolean {
  try {
    return read() === PLAIN
  } catch {
    return false
  }
}
