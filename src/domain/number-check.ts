import { randomBytes } from 'node:crypto'

/*
 * A text message that we send to a number of our own, to see that what comes there reaches us. It goes out from an
 * ordinary number: that short codes arrive is not shown by it.
 */

/** An earlier arrival than this is in time, ms. */
export const CHECK_PROMPT_MS = 60_000
/** What is not there after this long will hardly come, ms. */
export const CHECK_PATIENCE_MS = 10 * 60_000

export const CHECK_STATES = ['waiting', 'arrived', 'late', 'never', 'not_sent'] as const
export type CheckState = (typeof CHECK_STATES)[number]

/** Instants in ms UTC. */
export type NumberCheck = {
  readonly id: string
  readonly connectionId: string
  /** Our number, E.164. */
  readonly address: string
  /** What the text is known by when it comes. */
  readonly token: string
  readonly askedAt: number
  readonly arrivedAt: number | null
  /** Why it could not be sent. */
  readonly error: string | null
}

/** How a check stands at `now`. */
export function checkState({ askedAt, arrivedAt, error }: NumberCheck, now: number): CheckState {
  if (arrivedAt !== null) return arrivedAt - askedAt <= CHECK_PROMPT_MS ? 'arrived' : 'late'
  if (error !== null) return 'not_sent'
  return now - askedAt < CHECK_PATIENCE_MS ? 'waiting' : 'never'
}

const TOKEN = /\bcheck-([a-f0-9]{20})\b/

export const newCheckToken = (): string => randomBytes(10).toString('hex')

/** The text that is sent. Nothing in it looks like a code. */
export const checkText = (token: string): string => `MFA relay: delivery test of this number, check-${token}`

/** The token of a text that we sent, or null. */
export const readCheckToken = (text: string): string | null => TOKEN.exec(text)?.[1] ?? null
