import { RelayError, RelayUnreachable } from './errors.ts'
import type { Fetch } from './types.ts'

export type TransportOptions = {
  readonly url: string
  readonly apiKey: string
  readonly fetch: Fetch
}

export type Call = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  /** Makes a repeated call safe where the method alone does not. */
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal | undefined
  /** How long one try may take. */
  readonly tryMs: number
  /** No try begins after this instant, ms since the epoch. */
  readonly deadline: number
}

export type Answer = { readonly status: number; readonly body: unknown }

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5_000
/** So much of a body that is no JSON is worth showing. */
const EXCERPT = 200

const isWorthRetrying = (status: number): boolean => status === 429 || status >= 500

/**
 * Calls the relay, again and again where that may help: the network failed, or the answer was 429 or 5xx. Every
 * call of the API may be repeated.
 *
 * @throws RelayError for an answer that says no; RelayUnreachable when the deadline has passed;
 *   what the signal was aborted with
 */
export async function call(options: TransportOptions, request: Call): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    let problem: unknown
    let pauseMs = backoff(tries)
    try {
      const answer = await tryOnce(options, request)
      if (answer.status < 400) return answer
      problem = toError(answer)
      if (!isWorthRetrying(answer.status)) throw problem
      pauseMs = Math.max(pauseMs, answer.retryAfterMs)
    } catch (error) {
      request.signal?.throwIfAborted()
      if (error instanceof RelayError && !isWorthRetrying(error.status)) throw error
      problem ??= error
    }
    if (Date.now() + pauseMs >= request.deadline) {
      if (problem instanceof RelayError) throw problem
      throw new RelayUnreachable(`The relay at ${options.url} cannot be reached`, problem)
    }
    await sleep(pauseMs, request.signal)
  }
}

type TriedAnswer = Answer & { readonly retryAfterMs: number }

async function tryOnce(options: TransportOptions, request: Call): Promise<TriedAnswer> {
  const { method, path, body, idempotencyKey, signal, tryMs } = request
  const timeout = AbortSignal.timeout(Math.max(1, tryMs))
  const response = await options.fetch(`${options.url}${path}`, {
    method,
    headers: {
      'x-api-key': options.apiKey,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    // A redirect would carry the key elsewhere.
    redirect: 'error',
  })
  const text = await response.text()
  const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1000
  return {
    status: response.status,
    body: parse(text),
    retryAfterMs: Number.isFinite(retryAfterMs) ? retryAfterMs : 0,
  }
}

function parse(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return text.slice(0, EXCERPT)
  }
}

function toError({ status, body }: Answer): RelayError {
  const error = (
    body as { error?: { code?: string; message?: string; details?: Record<string, unknown> } } | null
  )?.error
  // Something between us and the relay may answer in its own words.
  if (!error?.code) return new RelayError(status, 'unexpected_answer', `HTTP ${status}: ${String(body)}`)
  return new RelayError(status, error.code, error.message ?? error.code, error.details)
}

/** Doubles, with jitter, so that a thousand runners do not come back at the same moment. */
const backoff = (tries: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)) * (0.5 + Math.random() / 2)

/** Resolves after a time. @throws what the signal is aborted with */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
