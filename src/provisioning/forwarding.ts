import { z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import { HANDSHAKE_STATES, handshakeState, type InboxHandshake } from '../domain/handshake.ts'
import { newId } from '../domain/id.ts'
import { canonicalInbox } from '../domain/inbox-address.ts'
import { instant, isoTime, isoTimeOrNull } from '../http/schemas.ts'
import type { MfaState } from '../store/store.ts'
import { OUTBOX_TOPIC } from '../wakeup/wakeup.ts'
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

/** As often as an answer can be told from silence. */
const PROOF_PAUSE_MS = 600_000

/**
 * Sends test mail to an inbox; it comes back if the customer's rule covers its sender.
 *
 * @throws Failure `not_found`, `conflict`
 */
export async function sendProof(
  deps: ProvisioningDeps,
  connectionId: string,
  address: string,
): Promise<z.infer<typeof forwardingSchema>> {
  const { store, wakeup, now = Date.now } = deps
  const inbox = canonicalInbox(address)
  const find = async () =>
    (await store.getMfa(connectionId))?.handshakes.find((handshake) => handshake.inbox === inbox)
  const before = await find()
  if (!before) throw new Failure('not_found', 'This connection waits for no such inbox to forward')
  if (before.proofSentAt !== null && now() - before.proofSentAt < PROOF_PAUSE_MS) {
    throw new Failure('conflict', 'Test mail was sent there less than ten minutes ago')
  }
  await store.openProof(connectionId, inbox, { deliveryId: newId(), now: now() })
  wakeup.notify(OUTBOX_TOPIC)
  return presentForwarding(deps, (await find()) ?? before)
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
