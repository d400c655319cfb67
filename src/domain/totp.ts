import { Secret, TOTP, URI } from 'otpauth'

/** What an authenticator app shows during one step of time. */
export type TotpStep = { readonly code: string; readonly startsAt: number; readonly endsAt: number }

/** So much of a step must be left: typing takes time, and a portal's clock may run ahead. */
export const TOTP_LEAST_LEFT_MS = 5_000

const PERIOD_SECONDS = 30

/**
 * What an authenticator app that was given this secret shows at an instant (RFC 6238).
 *
 * @param secret base32, or an otpauth://totp/ URI, which may name another period, length or hash
 */
export function totpStep(secret: string, at: number): TotpStep {
  const generator = secret.startsWith('otpauth://')
    ? (URI.parse(secret) as TOTP)
    : new TOTP({ secret: Secret.fromBase32(secret), period: PERIOD_SECONDS })
  const periodMs = generator.period * 1000
  const startsAt = Math.floor(at / periodMs) * periodMs
  return { code: generator.generate({ timestamp: at }), startsAt, endsAt: startsAt + periodMs }
}
