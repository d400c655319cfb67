/** What customers text back to the number that copies come from. It is read for STOP and START, never for codes. */
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

const START_WORDS = new Set(['START', 'UNSTOP', 'YES'])

export const isReplyToCopies = (text: Text, { smsFrom }: ReplySettings): boolean =>
  (smsFrom !== '' && (text.to === smsFrom || text.messagingServiceSid === smsFrom)) ||
  Boolean(text.optOutType)

/** What Advanced Opt-Out has found comes first: its keywords may be others. */
const asksTo = (type: string, words: ReadonlySet<string>, { optOutType, body }: Text): boolean =>
  optOutType ? optOutType === type : words.has(body.trim().toUpperCase())

export const asksToStop = (text: Text): boolean => asksTo('STOP', STOP_WORDS, text)

/** A person who was stopped wants copies again. */
export const asksToStart = (text: Text): boolean => asksTo('START', START_WORDS, text)
