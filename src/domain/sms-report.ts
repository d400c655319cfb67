import type { Bounce } from './bounce.ts'

/** How far a text of ours has come, as Twilio tells it later. */
export type SmsState = 'queued' | 'sent' | 'failed' | 'delivered'

export type SmsReport = {
  /** Twilio's MessageSid of the text. */
  readonly sid: string
  readonly state: SmsState
  /** One of https://www.twilio.com/docs/api/errors; null: none is told. */
  readonly error: number | null
}

/** Where Twilio reports on the text of a delivery; its signature covers the delivery with the URL. */
export const SMS_REPORT_PATH = '/inbound/twilio/status'

/**
 * Reports come in any order, and of a text that was sent twice one may fail while the other arrives: what is told
 * counts only when it is further on than what is known.
 */
const RANK: Readonly<Record<SmsState, number>> = { queued: 1, sent: 2, failed: 3, delivered: 4 }

export const isFurther = (told: SmsState, known: SmsState | null): boolean =>
  known === null || RANK[told] > RANK[known]

/** The customer texted STOP. */
export const SMS_UNSUBSCRIBED = 21_610

/** What Twilio's numbers say in words, and after how many such texts in a row a phone gets no more. */
const FAILURES: ReadonlyMap<number, { readonly text: string; readonly stopsAfter: number | null }> = new Map([
  [SMS_UNSUBSCRIBED, { text: 'the recipient texted STOP', stopsAfter: null }],
  [30_003, { text: 'the phone is off or out of reach', stopsAfter: null }],
  [30_004, { text: 'the phone or its carrier blocks the text', stopsAfter: null }],
  [30_005, { text: 'there is no phone with this number', stopsAfter: 2 }],
  [30_006, { text: 'a landline, or a carrier that cannot be reached', stopsAfter: 2 }],
  [30_007, { text: 'the carrier took the text for spam', stopsAfter: null }],
  [30_008, { text: 'the carrier does not say why', stopsAfter: null }],
])

/** What a text that did not arrive means for its delivery and its recipient. */
export function judgeSmsFailure(error: number | null): Bounce {
  if (error === null) return { kind: 'soft', status: null, text: 'the text did not arrive', stopsAfter: null }
  const known = FAILURES.get(error)
  const stopsAfter = known?.stopsAfter ?? null
  return {
    kind: stopsAfter === null ? 'soft' : 'hard',
    status: String(error),
    text: `Twilio ${error}: ${known?.text ?? 'the text did not arrive'}`,
    stopsAfter,
  }
}
