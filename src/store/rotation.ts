import { log } from '../log.ts'
import { type Rounds, startRounds } from '../rounds.ts'
import type { AdminStore } from './store.ts'

const HOUR_MS = 3_600_000

/**
 * Seals anew what old master keys have sealed, at once and then every hour, until nothing of theirs is left and they
 * may go. With one key there is nothing to do, and it costs one look.
 */
export function startRotation(store: Pick<AdminStore, 'reseal'>, everyMs = HOUR_MS): Rounds {
  const round = async (isStopped: () => boolean): Promise<void> => {
    const startedAt = performance.now()
    const { oldKeys, rows, broken, isDone } = await store.reseal(isStopped)
    if (oldKeys.length === 0) return
    const ms = Math.round(performance.now() - startedAt)
    if (isDone) log.masterKeysRetired({ keyIds: oldKeys, rows, ms })
    else if (!isStopped()) log.masterKeysNeeded({ keyIds: oldKeys, broken })
  }
  return startRounds(round, {
    everyMs,
    atOnce: true,
    onError: (error) => log.fault({ where: 'change of master keys', error }),
  })
}
