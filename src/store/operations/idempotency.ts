import { Failure } from '../../domain/failure.ts'
import type { Context } from '../context.ts'
import type { Idempotency } from '../store.ts'

/**
 * Runs `act` once for a key and answers the same ever after. The answer is written in the transaction of what it
 * is about, so that neither can be there without the other; sealed, as answers hold user names.
 *
 * @throws Failure `idempotency_key_reused` when the key came with another request before
 */
export async function once<T extends object | null>(
  { db, sealer }: Context,
  idempotency: Idempotency | undefined,
  now: number,
  act: () => Promise<T>,
): Promise<T> {
  if (!idempotency) return act()
  const { scope, key, fingerprint } = idempotency
  const place = `idempotency.answer.${scope}/${key}` as const
  const former = await db
    .selectFrom('idempotency')
    .selectAll()
    .where('scope', '=', scope)
    .where('key', '=', key)
    .executeTakeFirst()
  if (former && former.fingerprint !== fingerprint) {
    throw new Failure('idempotency_key_reused', 'This Idempotency-Key was used for another request')
  }
  if (former) return JSON.parse(sealer.openText(place, former.answer))
  const answer = await act()
  if (answer !== null) {
    const sealed = sealer.seal(place, JSON.stringify(answer))
    await db
      .insertInto('idempotency')
      .values({ scope, key, fingerprint, answer: sealed, created_at: now })
      .execute()
  }
  return answer
}
