import { Webhook } from 'standardwebhooks'
import type { OutgoingEvent } from '../../store/store.ts'

/**
 * The headers of one try. A secret that was replaced signs beside the present one for as long as it may, so that a
 * receiver can change it without missing an event.
 *
 * @param id of the event: the same on every try, so that a receiver knows what it has seen
 * @param now ms UTC, of this try: receivers refuse what is older than five minutes
 */
export function signedHeaders(
  id: string,
  body: string,
  secrets: OutgoingEvent['secrets'],
  now: number,
): Record<string, string> {
  const at = new Date(now)
  const valid = secrets.filter(({ until }) => until === null || until > now)
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now / 1000)),
    'webhook-signature': valid.map(({ secret }) => new Webhook(secret).sign(id, at, body)).join(' '),
  }
}
