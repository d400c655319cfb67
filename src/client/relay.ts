import { LoginFailed, OutcomeNotReported, RelayError } from './errors.ts'
import { type Login, startLogin } from './login.ts'
import { type Call, call, type TransportOptions } from './transport.ts'
import type {
  Attempt,
  Code,
  Factor,
  Fetch,
  Lease,
  LeaseRequest,
  Outcome,
  OutcomeAnswer,
  SeenMessage,
} from './types.ts'

export type RelayOptions = {
  /** Where the relay is, e.g. `https://relay.example.com`. */
  readonly url: string
  /** A key of scope `runner`. */
  readonly apiKey: string
  /** How long a call is tried, however often it fails; default 30 s. Waiting for codes has its own time. */
  readonly timeoutMs?: number
  /** Default: the global one. */
  readonly fetch?: Fetch
}

export type CallOptions = { readonly signal?: AbortSignal | undefined; readonly idempotencyKey?: string }

export type LoginOptions = {
  /** Who is logging in: a name for support staff. */
  readonly runner?: string
  readonly purpose?: 'login' | 'test_login'
  readonly signal?: AbortSignal
}

export type WaitOptions = {
  /** 0 to 60; default 30. */
  readonly waitSeconds?: number
  /** Only a code sent later than this one: its id. */
  readonly after?: string
  readonly factor?: Factor
  readonly signal?: AbortSignal | undefined
  /** When to stop trying where the relay cannot be reached, ms since the epoch; default: after the wait. */
  readonly deadline?: number
}

const CALL_MS = 30_000
const TRY_MS = 15_000
const WAIT_SECONDS = 30
/** How much longer than asked a long poll may take before it counts as lost. */
const POLL_GRACE_MS = 10_000
/** Reports longer than this are cut. */
const DETAIL_LIMIT = 1_000

/** The relay, as a login runner sees it. */
export class Relay {
  readonly #transport: TransportOptions
  readonly #callMs: number

  constructor({ url, apiKey, timeoutMs = CALL_MS, fetch = globalThis.fetch as Fetch }: RelayOptions) {
    this.#transport = { url: url.replace(/\/+$/, ''), apiKey, fetch: (...args) => fetch(...args) }
    this.#callMs = timeoutMs
  }

  /**
   * Runs one login: opens an attempt, hands it to `work`, and reports how it ended. A normal return is
   * `CONNECTED`; a thrown {@link LoginFailed} (PasswordIncorrect and its kin) is its status; a code that did not
   * come is `MFA_TOKEN_EXPIRED`; any other exception closes the attempt without a status, as a fault in a
   * runner is not the customer's.
   *
   * @returns what `work` returns
   * @throws what `work` throws; OutcomeNotReported when only the report failed
   */
  async login<T>(
    connectionId: string,
    work: (login: Login) => Promise<T>,
    { runner, purpose, signal }: LoginOptions = {},
  ): Promise<T> {
    const request = { ...(runner ? { runner } : {}), ...(purpose ? { purpose } : {}) }
    const attempt = await this.openAttempt(connectionId, request, { signal })
    return this.#run(attempt, work, signal)
  }

  /**
   * Runs the next login that is due, as {@link Relay.login} does: leases it, hands it to `work` with what the portal
   * asks for first, and reports how it ended. Companies take turns. Where `work` throws, the schedule already knows
   * when to try again, so a runner that does nothing else can log the error and go on.
   *
   * @returns what `work` returns, and what was leased; null when no login is due
   * @throws what `work` throws; OutcomeNotReported when only the report failed
   */
  async collect<T>(
    { signal, ...request }: LeaseRequest & { readonly signal?: AbortSignal },
    work: (login: Login, leased: Lease) => Promise<T>,
  ): Promise<{ readonly result: T; readonly leased: Lease } | null> {
    const leased = await this.lease(request, { signal })
    if (!leased) return null
    const result = await this.#run(leased.attempt, (login) => work(login, leased), signal)
    return { result, leased }
  }

  /** The next login that is due, with an attempt opened for it; null: none is. */
  async lease(request: LeaseRequest, options: CallOptions = {}): Promise<Lease | null> {
    return this.#post<Lease | null>('/v2/collection/lease', request, { idempotencyKey: newKey(), ...options })
  }

  async #run<T>(
    attempt: Attempt,
    work: (login: Login) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const { login, claimed } = startLogin(this, attempt, signal)
    let result: T
    try {
      result = await work(login)
    } catch (error) {
      // The login's own failure says more than a failure to report it; the attempt then expires by itself.
      await this.reportOutcome(attempt.id, outcomeOf(error)).catch(() => {})
      throw error
    }
    const code = claimed() ? 'accepted' : 'not_requested'
    await this.reportOutcome(attempt.id, { status: 'CONNECTED', code }).catch((cause) => {
      throw new OutcomeNotReported(result, cause)
    })
    return result
  }

  /** @throws RelayError `attempt_open` with `details.attemptId`, `expiresAt` while another login is under way */
  async openAttempt(
    connectionId: string,
    request: { runner?: string; purpose?: 'login' | 'test_login' } = {},
    options: CallOptions = {},
  ): Promise<Attempt> {
    const path = `/v2/connection/${encodeURIComponent(connectionId)}/attempt`
    return this.#post<Attempt>(path, request, { idempotencyKey: newKey(), ...options })
  }

  /** The attempt, and what arrived meanwhile. */
  async getAttempt(
    attemptId: string,
    options: CallOptions = {},
  ): Promise<Attempt & { readonly seen: readonly SeenMessage[] }> {
    const answer = await call(this.#transport, this.#request('GET', pathOf(attemptId), options))
    return answer.body as Attempt & { seen: SeenMessage[] }
  }

  /** Leaves the attempt at least so many seconds from now, an hour in all. */
  async extendAttempt(attemptId: string, seconds: number, options: CallOptions = {}): Promise<Attempt> {
    return this.#post<Attempt>(`${pathOf(attemptId)}/extend`, { seconds }, options)
  }

  /** One long poll; null: none yet. @throws RelayError `attempt_over` */
  async waitForCode(attemptId: string, options: WaitOptions = {}): Promise<Code | null> {
    const { waitSeconds = WAIT_SECONDS, after, factor, signal } = options
    const given = { wait: String(waitSeconds), ...(after ? { after } : {}), ...(factor ? { factor } : {}) }
    const query = new URLSearchParams(given)
    const tryMs = waitSeconds * 1000 + POLL_GRACE_MS
    const answer = await call(this.#transport, {
      method: 'GET',
      path: `${pathOf(attemptId)}/code?${query}`,
      signal,
      tryMs,
      deadline: options.deadline ?? Date.now() + tryMs,
    })
    return answer.status === 204 ? null : (answer.body as Code)
  }

  /** @throws RelayError `not_found` with `details.questions`: those known */
  async answer(attemptId: string, question: string, options: CallOptions = {}): Promise<string> {
    const path = `${pathOf(attemptId)}/answer`
    const { answer } = await this.#post<{ answer: string }>(path, { question }, options)
    return answer
  }

  /** Closes the attempt; with a status, the connection moves to it. */
  async reportOutcome(
    attemptId: string,
    outcome: Outcome,
    options: CallOptions = {},
  ): Promise<OutcomeAnswer> {
    const detail = outcome.detail === undefined ? {} : { detail: outcome.detail.slice(0, DETAIL_LIMIT) }
    const body = { ...outcome, ...detail }
    return this.#post(`${pathOf(attemptId)}/outcome`, body, { idempotencyKey: newKey(), ...options })
  }

  async #post<T>(path: string, body: unknown, options: CallOptions): Promise<T> {
    const answer = await call(this.#transport, { ...this.#request('POST', path, options), body })
    return answer.body as T
  }

  #request(method: 'GET' | 'POST', path: string, { signal, idempotencyKey }: CallOptions): Call {
    const limits = { tryMs: Math.min(TRY_MS, this.#callMs), deadline: Date.now() + this.#callMs }
    return { method, path, signal, ...limits, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }
  }
}

const pathOf = (attemptId: string): string => `/v2/attempt/${encodeURIComponent(attemptId)}`

const newKey = (): string => globalThis.crypto.randomUUID()

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof LoginFailed)) return {}
  const { status, message: detail, codeOutcome } = error
  return { status, detail, ...(codeOutcome ? { code: codeOutcome } : {}) }
}

/** Whether an error says that another login of this connection is under way. */
export const isAttemptOpen = (error: unknown): error is RelayError =>
  error instanceof RelayError && error.code === 'attempt_open'
