import { log } from '../log.ts'
import { type Clock, pause } from './clock.ts'

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

/**
 * Asks a store that fails for now again, as long as the lease lasts. Undefined: it did not recover in time; the
 * delivery comes back when its lease has run out.
 */
export async function insist<T>(
  { clock, giveUp }: { readonly clock: Clock; readonly giveUp: AbortSignal },
  until: number,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await ask()
    } catch (error) {
      log.outboxFailed({ error })
      if (giveUp.aborted || clock.now() + wait > until) return undefined
      await pause(clock, wait, giveUp)
    }
  }
}
