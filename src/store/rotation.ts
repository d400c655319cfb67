import { log } from '../log.ts'
import type { AdminStore } from './store.ts'

const HOUR_MS = 3_600_000

/**
 * Seals anew what old master keys have sealed, at once and then every hour, until nothing of theirs is left and they
 * may go. With one key there is nothing to do, and it costs one look.
 */
export function startRotation(
  store: Pick<AdminStore, 'reseal'>,
  everyMs = HOUR_MS,
): { run(): Promise<void>; stop(): Promise<void> } {
  let isStopped = false
  let running: Promise<void> | null = null

  const round = async (): Promise<void> => {
    const startedAt = performance.now()
    const { oldKeys, rows, broken, isDone } = await store.reseal(() => isStopped)
    if (oldKeys.length === 0) return
    const ms = Math.round(performance.now() - startedAt)
    if (isDone) log.masterKeysRetired({ keyIds: oldKeys, rows, ms })
    else if (!isStopped) log.masterKeysNeeded({ keyIds: oldKeys, broken })
  }
  const run = (): Promise<void> => {
    running ??= round()
      .catch((error: unknown) => log.fault({ where: 'change of master keys', error }))
      .finally(() => {
        running = null
      })
    return running
  }

  const timer = setInterval(run, everyMs)
  timer.unref()
  void run()
  return {
    run,
    async stop() {
      isStopped = true
      clearInterval(timer)
      await running
    },
  }
}
