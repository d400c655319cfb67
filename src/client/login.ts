import { CodeTimeout, RelayError, UnknownQuestion } from './errors.ts'
import type { Relay } from './relay.ts'
import { sleep } from './transport.ts'
import type { Attempt, Code, Factor } from './types.ts'

export type CodeOptions = {
  /** How long to wait; default two minutes. */
  readonly timeoutMs?: number
  /** Only a code sent later than this one: its id. */
  readonly after?: string
  /** Where the connection has several; else what its MFA method says. */
  readonly factor?: Factor
  readonly signal?: AbortSignal
}

/** What the function given to {@link Relay.login} works with. */
export type Login = {
  readonly attempt: Attempt
  /**
   * Waits for the code, wherever it comes from: a message, or the authenticator that was set up. Asking again gives
   * the same code, or a newer one; with `after` only a newer one.
   *
   * @throws CodeTimeout saying what arrived meanwhile
   */
  code(options?: CodeOptions): Promise<Code>
  /**
   * The answer to a security question, as the portal words it.
   *
   * @throws UnknownQuestion naming those known
   */
  answer(question: string): Promise<string>
  /** Keeps the attempt open for at least so many seconds from now, an hour in all. */
  extend(seconds: number): Promise<Attempt>
}

const CODE_TIMEOUT_MS = 120_000
/** Shorter than what proxies usually cut off as idle. */
const POLL_SECONDS = 30
/** What remains of the attempt after the code came: time to type it and to report. */
const SPARE_MS = 60_000
/** Longest attempt that the relay allows, s. */
const ATTEMPT_LIMIT_SECONDS = 3_600
/** After an answer that came too early to be one of patience, e.g. from a relay that is being restarted. */
const EARLY_PAUSE_MS = 500

/** A login in progress; `claimed` tells afterwards whether it got a code. */
export function startLogin(
  relay: Relay,
  attempt: Attempt,
  signal: AbortSignal | undefined,
): { readonly login: Login; readonly claimed: () => boolean } {
  // Only durations of the relay's clock are used: the two clocks need not agree.
  let endsAt = Date.now() + Date.parse(attempt.expiresAt) - Date.parse(attempt.openedAt)
  let hasCode = false

  async function extend(seconds: number): Promise<Attempt> {
    const extended = await relay.extendAttempt(attempt.id, seconds, { signal })
    endsAt = Math.max(endsAt, Date.now() + seconds * 1000)
    return extended
  }

  async function code(options: CodeOptions = {}): Promise<Code> {
    const { timeoutMs = CODE_TIMEOUT_MS, after, factor } = options
    const own = anyOf(signal, options.signal)
    const needed = timeoutMs + SPARE_MS
    if (endsAt - Date.now() < needed) await extend(Math.min(ATTEMPT_LIMIT_SECONDS, Math.ceil(needed / 1000)))
    const found = await pollFor(relay, attempt.id, { timeoutMs, after, factor, signal: own })
    if (!found) throw new CodeTimeout(timeoutMs, await whatArrived(relay, attempt.id))
    hasCode = true
    return found
  }

  async function answer(question: string): Promise<string> {
    try {
      return await relay.answer(attempt.id, question, { signal })
    } catch (error) {
      if (!(error instanceof RelayError) || !Array.isArray(error.details.questions)) throw error
      throw new UnknownQuestion(question, error.details.questions.map(String))
    }
  }

  return { login: { attempt, code, answer, extend }, claimed: () => hasCode }
}

type PollOptions = {
  readonly timeoutMs: number
  readonly after: string | undefined
  readonly factor: Factor | undefined
  readonly signal: AbortSignal | undefined
}

/** Polls until a code is there or time is up. A reply that was lost on the way is simply read again. */
async function pollFor(
  relay: Relay,
  attemptId: string,
  { timeoutMs, after, factor, signal }: PollOptions,
): Promise<Code | null> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const startedAt = Date.now()
    const leftMs = deadline - startedAt
    const waitSeconds = Math.max(0, Math.min(POLL_SECONDS, Math.floor(leftMs / 1000)))
    const found = await relay.waitForCode(attemptId, {
      waitSeconds,
      deadline,
      signal,
      ...(after ? { after } : {}),
      ...(factor ? { factor } : {}),
    })
    if (found) return found
    const nowLeftMs = deadline - Date.now()
    if (nowLeftMs <= 0) return null
    const wasEarly = Date.now() - startedAt < waitSeconds * 1000 - EARLY_PAUSE_MS
    // Less than the relay counts in: wait here, and look once more.
    if (waitSeconds === 0 || wasEarly) await sleep(Math.min(nowLeftMs, EARLY_PAUSE_MS), signal)
  }
}

/** Said beside a failure that is reported anyway: it must not become another one. */
const whatArrived = async (relay: Relay, attemptId: string) =>
  relay.getAttempt(attemptId).then(
    ({ seen }) => seen,
    () => [],
  )

function anyOf(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one && other ? AbortSignal.any([one, other]) : (one ?? other)
}
