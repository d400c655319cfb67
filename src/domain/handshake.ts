/** How far an inbox has come towards forwarding codes to us. */
export const HANDSHAKE_STATES = ['waiting', 'confirmation_seen', 'confirmed', 'proven', 'unproven'] as const
export type HandshakeState = (typeof HANDSHAKE_STATES)[number]

/** What is known of one inbox that is to forward to a connection. Instants in ms UTC; null: not yet. */
export type InboxHandshake = {
  /** Canonical. */
  readonly inbox: string
  readonly openedAt: number
  /** Until then its provider's question is listened to. */
  readonly openUntil: number
  /** When its provider asked. */
  readonly seenAt: number | null
  /** When we answered the provider. */
  readonly confirmedAt: number | null
  /** When something first came through it that only its own forwarding could bring. */
  readonly provenAt: number | null
  /** When mail was last sent there to see whether it comes back. */
  readonly proofSentAt: number | null
}

/** How long after set-up a provider's question is listened to: time for a customer to find the settings. */
export const HANDSHAKE_WINDOW_MS = 48 * 3_600_000

/**
 * Unproven is no fault: a customer's rule may well leave out the sender of our test mail.
 *
 * @param silenceMs after this long without a return, test mail counts as lost
 */
export function handshakeState(handshake: InboxHandshake, now: number, silenceMs: number): HandshakeState {
  const { provenAt, proofSentAt, confirmedAt, seenAt } = handshake
  if (provenAt !== null) return 'proven'
  if (proofSentAt !== null && now - proofSentAt >= silenceMs) return 'unproven'
  if (confirmedAt !== null) return 'confirmed'
  return seenAt === null ? 'waiting' : 'confirmation_seen'
}
