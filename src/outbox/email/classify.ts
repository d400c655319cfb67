import { type Bounce, judgeFailure } from '../../domain/bounce.ts'
import type { SendResult } from '../../domain/delivery.ts'
import { cleanLine } from '../wording.ts'

/** What the transport says about a failure: the server's reply, where there was one, and at which step. */
type SmtpFailure = {
  readonly responseCode?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly command?: unknown
}

/** Steps at which a reply is about this message or its recipient, and not about us or the connection. */
const ABOUT_THE_MESSAGE: ReadonlySet<unknown> = new Set(['EENVELOPE', 'EMESSAGE'])

/**
 * Whether sending again may help. Only a 5xx to MAIL, RCPT or DATA is final (RFC 5321 §4.2.1); a refused
 * login, a greeting 554, a TLS or network failure are a matter of set-up or weather: when unsure, temporary.
 */
export function classifySmtpError(error: unknown): SendResult {
  const { responseCode, code, message, command } = (
    typeof error === 'object' && error !== null ? error : {}
  ) as SmtpFailure
  const isFinal =
    typeof responseCode === 'number' &&
    responseCode >= 500 &&
    responseCode < 600 &&
    ABOUT_THE_MESSAGE.has(code)
  const text = cleanLine(typeof message === 'string' ? message : String(error), 200)
  const bounce = isFinal && command === 'RCPT TO' ? aboutMailbox(text) : null
  return {
    kind: isFinal ? 'permanent' : 'temporary',
    error: text || 'unknown error',
    ...(bounce ? { bounce } : {}),
  }
}

/**
 * A next hop that knows the mailboxes says at once that one is not there. Its other refusals at RCPT are about us:
 * `5.7.1` is what one says that does not relay for us, and would stop every recipient.
 */
function aboutMailbox(text: string): Bounce | null {
  const status = /\b5\.\d{1,3}\.\d{1,3}\b/.exec(text)?.[0] ?? null
  return status?.startsWith('5.1.') || status === '5.2.1' ? judgeFailure(status, text, true) : null
}
