import type { MailboxContext } from '../domain/mailbox.ts'
import type { ReadableMessage } from '../domain/message.ts'
import type { Verdict } from '../domain/verdict.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import type { Authentication } from './authentication.ts'
import type { Circumstances } from './circumstances.ts'
import { judgeConfirmation } from './judge-confirmation.ts'
import { judgeMail } from './judge-mail.ts'
import { judgeSms } from './judge-sms.ts'

/**
 * Whether a message is believed by one mailbox, and why. Pure. The same message may be trusted by one connection
 * and untrusted by another: it depends on the utility, on the customer's inboxes and on what was pinned.
 *
 * @param facts null for SMS, whose signature the door has checked
 * @param context null for the operator's own mailbox, whose mail is read by people and never by robots
 */
export function judge(
  facts: Authentication | null,
  message: ReadableMessage,
  context: MailboxContext | null,
  utility: UtilityDefinition | null,
  circumstances: Circumstances,
): Verdict {
  if (context === null) {
    const text = 'Mail to the operator: kept for people to read, never used as a code'
    return {
      level: 'untrusted',
      reasons: [{ code: 'operator_mail', text }],
      senderDomain: null,
      forwardedBy: null,
    }
  }
  if (message.channel === 'sms') return judgeSms(message.sender ?? '', context, utility, circumstances)
  if (facts === null) throw new Error('an e-mail cannot be judged without knowing who sent it')
  const { extraction } = circumstances
  // Before the rules about utilities: none of them would let it in, and without it Gmail never forwards.
  if (extraction.kind === 'forwarding_confirmation') {
    return judgeConfirmation(facts, message, context, extraction, circumstances)
  }
  return judgeMail(facts, message, context, utility, circumstances)
}
