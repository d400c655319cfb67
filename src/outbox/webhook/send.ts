import type { EventResult } from '../../domain/event.ts'
import type { SafeFetch } from '../../http/safe-fetch.ts'
import type { OutgoingEvent } from '../../store/store.ts'
import type { Clock } from '../clock.ts'
import { cleanLine, cleanText } from '../wording.ts'
import { eventBody, type NameOf } from './body.ts'
import { askedToWaitMs } from './retry-after.ts'
import { signedHeaders } from './sign.ts'

/** What sending one event needs. */
export type SendDeps = {
  /** Reaches only what endpoints may be at, and follows no redirect of a POST. */
  readonly fetch: SafeFetch
  readonly nameOf: NameOf
  readonly clock: Clock
  /** For one try, ms. */
  readonly deadlineMs?: number
}

/** As published: an endpoint answers within 15 seconds. */
const DEADLINE_MS = 15_000
/** Of what an endpoint answers, so much is kept to look at. */
const RESPONSE_BYTES = 2_000

/** Tries once. Only a 2xx means that it arrived; whatever else happens is a result too. */
export async function sendEvent(
  { fetch, nameOf, clock, deadlineMs = DEADLINE_MS }: SendDeps,
  { event, url, secrets }: OutgoingEvent,
  signal: AbortSignal,
): Promise<EventResult> {
  const startedAt = clock.now()
  const body = eventBody(event, nameOf)
  const headers = signedHeaders(event.id, body, secrets, startedAt)
  const request = { url, method: 'POST', headers, body, deadlineMs, signal } as const
  try {
    const answer = await fetch({ ...request, maxBytes: RESPONSE_BYTES, overflow: 'cut' })
    const { status } = answer
    const now = clock.now()
    const isTaken = status >= 200 && status < 300
    return {
      kind: isTaken ? 'sent' : 'failed',
      statusCode: status,
      response: excerpt(answer.body),
      durationMs: now - startedAt,
      error: isTaken ? null : `the endpoint answered ${status}${redirectHint(status)}`,
      retryAfterMs: askedToWaitMs(status, answer.headers['retry-after'], now),
    }
  } catch (error) {
    const why = cleanLine(error instanceof Error ? error.message : 'the send failed', 200)
    return {
      kind: 'failed',
      statusCode: null,
      response: null,
      durationMs: clock.now() - startedAt,
      error: why,
    }
  }
}

const redirectHint = (status: number): string =>
  status >= 300 && status < 400 ? '; redirects are not followed, register the new URL' : ''

const excerpt = (body: Uint8Array): string | null =>
  cleanText(Buffer.from(body).toString('utf8'), RESPONSE_BYTES) || null
