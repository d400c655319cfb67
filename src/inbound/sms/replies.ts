/** What customers text back to the number that copies come from. It is read for STOP and never for codes. */
export type ReplySettings = {
  /** SMS_FROM: our number, a short code, or a Messaging Service (`MG…`). */
  readonly smsFrom: string
}

type Text = {
  readonly to: string
  readonly body: string
  readonly optOutType?: string | null
  readonly messagingServiceSid?: string | null
}

/** Twilio's default keywords: https://help.twilio.com/articles/223134027 */
const STOP_WORDS = new Set(['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT'])

export const isReplyToCopies = (text: Text, { smsFrom }: ReplySettings): boolean =>
  (smsFrom !== '' && (text.to === smsFrom || text.messagingServiceSid === smsFrom)) ||
  Boolean(text.optOutType)

export const asksToStop = (text: Text): boolean =>
  text.optOutType === 'STOP' || STOP_WORDS.has(text.body.trim().toUpperCase())
