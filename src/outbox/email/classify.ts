import type { SendResult } from '../../domain/delivery.ts'
import { cleanLine } from '../wording.ts'

/** What the transport says about a failure: the server's reply, where there was one, and at which step. */
type SmtpFailure = { readonly responseCode?: unknown; readonly code?: unknown; readonly message?: unknown }

/** Steps at which a reply is about this message or its recipient, and not about us or the connection. */
const ABOUT_THE_MESSAGE: ReadonlySet<unknown> = new Set(['EENVELOPE', 'EMESSAGE'])

/**
 * Whether sending again may help. Only a 5xx to MAIL, RCPT or DATA is final (RFC 5321 §4.2.1); a refused
 * login, a greeting 554, a TLS or network failure are a matter of set-up or weather: when unsure, temporary.
 */
export function classifySmtpError(error: unknown): SendResult {
  const { responseCode, code, message } = (
    typeof error === 'object' && error !== null ? error : {}
  ) as SmtpFailure
  const isFinal =
    typeof responseCode === 'number' &&
    responseCode >= 500 &&
    responseCode < 600 &&
    ABOUT_THE_MESSAGE.has(code)
  const text = cleanLine(typeof message === 'string' ? message : String(error), 200)
  return { kind: isFinal ? 'permanent' : 'temporary', error: text || 'unknown error' }
}
