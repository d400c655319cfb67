import { Failure } from '../domain/failure.ts'
import { log } from '../log.ts'
import type { FactorStore, TotpResult } from '../store/store.ts'

/*
 * Codes that an authenticator app would show. Nothing arrives that could wake a waiter, but it is known when the
 * next code begins; so a waiter sleeps until then.
 */

export type TotpDeps = {
  readonly store: Pick<FactorStore, 'claimTotp'>
  readonly metrics?: { codeClaimed(verdict: string, waitedMs: number): void }
  readonly now?: () => number
  /** Resolves after a time, or when the signal is aborted. Tests hand in one that sets their clock forward. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>
}

export type TotpRequest = {
  readonly attemptId: string
  /** Only the code of a later step than this one's. */
  readonly after?: string
  /** For the audit log. */
  readonly actor: string
  readonly waitMs: number
  /** Called with what to do when the client is gone. */
  readonly onGone?: (leave: () => void) => void
}

/** `wait`: no code in time; ask again. */
export type TotpCodes = {
  /**
   * Resolves with a code that is durably bound to the attempt, or when there is none in time.
   *
   * @throws Failure `not_found` when the connection has no authenticator
   */
  wait(request: TotpRequest): Promise<Exclude<TotpResult, { kind: 'no_secret' }>>
  /** Answers everyone who waits. */
  close(): void
}

/** Hands out TOTP codes, each step's to one attempt. */
export function createTotpCodes(deps: TotpDeps): TotpCodes {
  const { store, metrics, now = Date.now, pause = sleep } = deps
  const closing = new AbortController()

  async function wait(request: TotpRequest): ReturnType<TotpCodes['wait']> {
    const { attemptId, after, actor, waitMs, onGone } = request
    const gone = new AbortController()
    onGone?.(() => gone.abort())
    const signal = AbortSignal.any([gone.signal, closing.signal])
    const startedAt = now()
    for (;;) {
      const at = now()
      const result = await store.claimTotp(attemptId, { now: at, actor, ...(after ? { after } : {}) })
      if (result.kind === 'no_secret') throw noSecret()
      if (result.kind === 'code' && result.isNew) note(attemptId, result.code.id, at - startedAt)
      // A clock that is set back must not make anyone wait for ever: the time that was asked for is all there is.
      const leftMs = Math.min(waitMs, startedAt + waitMs - at)
      if (result.kind !== 'wait' || leftMs < result.until - at || signal.aborted) return result
      await pause(Math.max(1, result.until - at), signal)
    }
  }

  function note(attemptId: string, codeId: string, waitedMs: number): void {
    metrics?.codeClaimed('trusted', waitedMs)
    log.codeClaimed({ attemptId, codeId, waitedMs, verdict: 'trusted' })
  }

  return { wait, close: () => closing.abort() }
}

const noSecret = (): Failure =>
  new Failure('not_found', 'This connection has no authenticator secret: set one up with totpSecret')

/** For so long, as time alone brings the next code; the signal ends it for a client that left, and at shutdown. */
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
