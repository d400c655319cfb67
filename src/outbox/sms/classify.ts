import type { SendResult } from '../../domain/delivery.ts'
import { cleanLine } from '../wording.ts'

/** What Twilio's client throws: HTTP status and Twilio's own error code. */
type TwilioFailure = { readonly status?: unknown; readonly code?: unknown; readonly message?: unknown }

/** The recipient replied STOP: https://www.twilio.com/docs/api/errors/21610 */
const UNSUBSCRIBED = 21_610

/**
 * Errors that the same request will meet again, all about the number written to; see
 * https://www.twilio.com/docs/api/errors. What is about our account, our sender or the network is temporary:
 * somebody may mend it while the code still lives.
 */
const PERMANENT: ReadonlySet<unknown> = new Set([
  21_211, // invalid To
  21_214, // To cannot be reached
  21_217, // To is no valid phone number
  21_219, // trial account, To not verified
  21_265, // To is a short code
  21_408, // no permission for the region of To
  21_421, // To is invalid
  21_612, // no route from this sender to To
  21_614, // To is no mobile number
  21_617, // the text is too long
  21_635, // To is a landline
  63_033, // To has blocked us
])

/** Whether texting again may help. When unsure, temporary. */
export function classifyTwilioError(error: unknown): SendResult {
  const { status, code, message } = (
    typeof error === 'object' && error !== null ? error : {}
  ) as TwilioFailure
  const text = cleanLine(typeof message === 'string' ? message : String(error), 160) || 'unknown error'
  const known =
    typeof code === 'number' ? `Twilio ${code}: ` : typeof status === 'number' ? `HTTP ${status}: ` : ''
  if (code === UNSUBSCRIBED) return { kind: 'permanent', error: `${known}${text}`, stopRecipient: true }
  return { kind: PERMANENT.has(code) ? 'permanent' : 'temporary', error: `${known}${text}` }
}
