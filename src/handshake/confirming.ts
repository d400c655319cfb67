import type { SafeFetch } from '../http/safe-fetch.ts'
import { log } from '../log.ts'
import { type Rounds, startRounds } from '../rounds.ts'
import type { Store } from '../store/store.ts'
import type { UnansweredConfirmation } from '../store/trust-store.ts'
import { type Answer, confirm } from './confirm.ts'

export type ConfirmingDeps = {
  readonly store: Pick<Store, 'listUnconfirmed' | 'noteConfirmation'>
  readonly fetch: SafeFetch
  /** Whether a link of this provider confirms by an empty POST. */
  readonly isConfirming: (provider: string, link: string) => boolean
  /** Runs a round only while no other node does; absent: there is none. */
  readonly alone?: (round: () => Promise<void>) => Promise<unknown>
  readonly everyMs?: number
  readonly now?: () => number
}

const EVERY_MS = 10_000
const AT_ONCE = 20
/** Waits before the 2nd, 3rd … try. */
const RETRY_MS: readonly number[] = [60_000, 300_000, 900_000, 3_600_000]

/**
 * Answers providers' questions by itself (CONFIRM_FORWARDING=auto). What it finds in the store has passed every
 * check already: the provider's own mail, for a recorded inbox, within the window, to one recipient.
 */
export function startConfirming(deps: ConfirmingDeps): Rounds {
  const { store, alone = (run) => run(), everyMs = EVERY_MS, now = Date.now } = deps
  const round = async (isStopped: () => boolean): Promise<void> => {
    for (const asked of await store.listUnconfirmed(now(), AT_ONCE)) {
      if (isStopped()) return
      await answer(deps, asked, now)
    }
  }
  return startRounds((isStopped) => alone(() => round(isStopped)), {
    everyMs,
    onError: (error) => log.fault({ where: 'confirming', error }),
  })
}

async function answer(
  { store, fetch, isConfirming }: ConfirmingDeps,
  { connectionId, inbox, messageId, provider, link, tries }: UnansweredConfirmation,
  now: () => number,
): Promise<void> {
  const result = await confirm({ fetch, isConfirming: (url) => isConfirming(provider, url) }, link)
  const at = now()
  await store.noteConfirmation(connectionId, inbox, {
    messageId,
    now: at,
    result,
    nextTryAt: nextTryAt(result, tries, at),
  })
  log.forwardingAnswered({ connectionId, messageId, provider, result })
}

/** Only silence is worth another try: what was refused once is refused again. */
function nextTryAt(result: Answer, tries: number, now: number): number | null {
  const wait = RETRY_MS[tries]
  return result === 'unavailable' && wait !== undefined ? now + wait : null
}
