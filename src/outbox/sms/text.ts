import type { DeliveryContent } from '../../store/store.ts'
import { CONFIRMATION_DAYS, type Links } from '../links.ts'
import { cleanLine, timeUtc, utilityName } from '../wording.ts'

/** What an SMS is written with. */
export type SmsTextDeps = {
  readonly nameOf: (utility: string) => string | undefined
  readonly links: Links
}

const DAY_MS = 86_400_000
/** Of a notice; with what stands around it two segments, three with letters outside GSM 03.38. */
const QUOTE_LIMIT = 160

/** The text of a copy, or null when what it would copy is gone. Short: every segment costs, and codes are read at a glance. */
export function smsText(deps: SmsTextDeps, content: DeliveryContent): string | null {
  const utility = utilityName(content.utility, content.url, deps.nameOf)
  const company = cleanLine(content.companyName, 40) || 'your energy data company'
  const { delivery, code, message } = content
  switch (delivery.kind) {
    case 'code_copy': {
      if (!code) return null
      // First in the text, so that it shows in the notification; STOP is what carriers want to see offered.
      return `${cleanLine(code.code, 40)} is your ${utility} code, valid until ${timeUtc(code.expiresAt)}. Copy sent for ${company}. Reply STOP to end.`
    }
    case 'notice_copy': {
      if (!message) return null
      const quote = cleanLine(noticeQuote(content), QUOTE_LIMIT)
      return `${utility} wrote${quote ? `: "${quote}"` : ' to you.'} Copy sent for ${company}. Reply STOP to end.`
    }
    case 'inbox_proof':
      return null
    case 'confirm_recipient': {
      const url = deps.links.confirmUrl(delivery.recipientId, delivery.createdAt + CONFIRMATION_DAYS * DAY_MS)
      return `${company} would like to text you copies of your ${utility} sign-in codes. To agree: ${url} Otherwise ignore this. Reply STOP to refuse.`
    }
  }
}

/** An SMS speaks for itself; of an e-mail, its subject is what fits. */
const noticeQuote = ({ message, raw }: DeliveryContent): string =>
  message?.channel === 'sms' && raw ? new TextDecoder().decode(raw) : (message?.subject ?? '')
