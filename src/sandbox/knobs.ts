import { z } from 'zod'

const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0', '']).transform((text) => text === 'true' || text === '1' || text === ''),
])
const count = (most: number) => z.coerce.number().int().min(0).max(most)

/**
 * What can go wrong with a code at a real portal, to be turned on at will: for all logins by `POST /sandbox/knobs`,
 * for one login by the query of the login form (`/login?delayMs=3000`).
 */
export const knobsSchema = z.strictObject({
  /** Waits before it sends. */
  delayMs: count(600_000),
  /** Sends another code by itself this much later, which takes the place of the first; 0: never. */
  resendAfterMs: count(600_000),
  /** Sends the same message twice: same Message-ID, or MessageSid. */
  duplicate: flag,
  /** Sends from where the utility never sent before. */
  wrongSender: flag,
  /** Words the message in a way that no template knows. */
  changedFormat: flag,
  /** Sends one message with two different codes; only the first is right. */
  twoCodes: flag,
  /** Sends nothing at all. */
  drop: flag,
  /** How long a code is accepted. */
  expirySeconds: count(86_400),
  /** Wrong codes until the account is locked; 0: never. */
  lockAfter: count(100),
})
export type Knobs = Readonly<z.infer<typeof knobsSchema>>

export const NO_TROUBLE: Knobs = Object.freeze({
  delayMs: 0,
  resendAfterMs: 0,
  duplicate: false,
  wrongSender: false,
  changedFormat: false,
  twoCodes: false,
  drop: false,
  expirySeconds: 600,
  lockAfter: 3,
})
