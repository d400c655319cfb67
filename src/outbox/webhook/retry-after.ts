import { EVENT_RETRY_SECONDS } from '../../domain/event.ts'

/** Too many requests; out of service for now. Elsewhere the header says something else. */
const STATUSES = new Set([429, 503])
/** As long as we wait at the most by ourselves: what asks for more may have its clock or its units wrong. */
const MOST_MS = Math.max(...EVENT_RETRY_SECONDS) * 1000

/**
 * How long an endpoint asks to be left alone (RFC 9110, 10.2.3), ms; 0 when it does not ask.
 *
 * @param header `Retry-After`: seconds, or the date of an instant
 * @param now ms UTC, by our clock; a date is by the endpoint's
 */
export function askedToWaitMs(status: number, header: string | undefined, now: number): number {
  const text = header?.trim() ?? ''
  if (!STATUSES.has(status) || text === '') return 0
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), MOST_MS)
}
