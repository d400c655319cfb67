import { z } from '@hono/zod-openapi'
import { HANDSHAKE_STATES, handshakeState, type InboxHandshake } from '../domain/handshake.ts'
import { newId } from '../domain/id.ts'
import { instant, isoTime, isoTimeOrNull } from '../http/schemas.ts'
import type { MfaState } from '../store/store.ts'
import type { ProvisioningDeps } from './ports.ts'

/* How a customer's inboxes come to forward to us, as the API shows it. */

const state = z.enum(HANDSHAKE_STATES)

export const confirmationSchema = z
  .object({
    provider: z.string(),
    requester: z.string().nullable(),
    link: z.string().nullable().openapi({ description: 'a secret: whoever opens it confirms' }),
    code: z.string().nullable().openapi({ description: 'the provider’s number, never a login code' }),
    receivedAt: instant,
    messageId: z.string(),
    state,
  })
  .openapi('ForwardingConfirmation')

export const forwardingSchema = z
  .object({
    inbox: z.string(),
    state,
    openUntil: instant.openapi({ description: 'until then the provider’s question is listened to' }),
    confirmationSeenAt: instant.nullable(),
    confirmedAt: instant.nullable(),
    provenAt: instant.nullable(),
    advice: z.string().nullable().openapi({ description: 'what to look for, where nothing came back' }),
  })
  .openapi('InboxForwarding')

const DEFAULT_SILENCE_MINUTES = 10

/** Test mail that is not back after this long will hardly come. */
const silenceOf = ({ providerOf }: ProvisioningDeps, inbox: string) => {
  const silence = providerOf?.(inbox)?.silence
  return { ms: (silence?.afterMinutes ?? DEFAULT_SILENCE_MINUTES) * 60_000, advice: silence?.advice ?? null }
}

export function presentForwarding(
  deps: ProvisioningDeps,
  handshake: InboxHandshake,
): z.infer<typeof forwardingSchema> {
  const { now = Date.now } = deps
  const { ms, advice } = silenceOf(deps, handshake.inbox)
  const reached = handshakeState(handshake, now(), ms)
  return {
    inbox: handshake.inbox,
    state: reached,
    openUntil: isoTime(handshake.openUntil),
    confirmationSeenAt: isoTimeOrNull(handshake.seenAt),
    confirmedAt: isoTimeOrNull(handshake.confirmedAt),
    provenAt: isoTimeOrNull(handshake.provenAt),
    advice: reached === 'unproven' ? advice : null,
  }
}

/**
 * What the customer's mail provider asks. Its link is as good as a signature, so who was shown it goes on record
 * first; once it was answered, there is no reason to show it.
 */
export async function showConfirmation(
  deps: ProvisioningDeps,
  connectionId: string,
  { forwardingConfirmation: found, handshakes }: MfaState,
  actor: string,
): Promise<{ forwardingConfirmation?: z.infer<typeof confirmationSchema> }> {
  if (!found) return {}
  const { now = Date.now } = deps
  const handshake = handshakes.find(({ inbox }) => inbox === found.requester)
  const reached = handshake ? presentForwarding(deps, handshake).state : 'confirmation_seen'
  const isAnswered = reached === 'confirmed' || reached === 'proven'
  const shown = {
    ...found,
    receivedAt: isoTime(found.receivedAt),
    state: reached,
    ...(isAnswered ? { link: null, code: null } : {}),
  }
  if (shown.link !== null || shown.code !== null) {
    const subject = `connection:${connectionId}`
    const detail = `message:${found.messageId}`
    const action = 'forwarding_confirmation.viewed'
    await deps.store.writeAudit({ id: newId(), at: now(), actor, action, subject, detail })
  }
  return { forwardingConfirmation: shown }
}
