import type { MailboxContext } from '../domain/mailbox.ts'
import type { Reason, Verdict, VerdictLevel } from '../domain/verdict.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import { smsSenderBelongs } from '../utilities/match.ts'
import type { Circumstances } from './circumstances.ts'
import { weighNewSender } from './new-sender.ts'

/** US short codes have five or six digits and are leased to one company; anything longer anybody can buy. */
const SHORT_CODE = /^\d{5,6}$/

/** An SMS by its sender alone: networks let nobody sign, so what matters is whether that sender is known. */
export function judgeSms(
  sender: string,
  context: MailboxContext,
  utility: UtilityDefinition | null,
  circumstances: Circumstances,
): Verdict {
  const [level, reason] = weigh(sender, context, utility)
  const verdict = { level, reasons: [reason], senderDomain: sender || null, forwardedBy: null }
  if (level !== 'candidate') return verdict
  const weight = weighNewSender(context, circumstances)
  return { ...verdict, level: weight.level, reasons: [reason, ...weight.reasons] }
}

function weigh(
  sender: string,
  context: MailboxContext,
  utility: UtilityDefinition | null,
): [VerdictLevel, Reason] {
  if (utility && smsSenderBelongs(utility, sender)) {
    return [
      'trusted',
      { code: 'sms_sender_listed', text: `${sender} is listed as a sender of ${utility.name}` },
    ]
  }
  if (context.pinnedSenders.includes(sender)) {
    return [
      'trusted',
      { code: 'sms_sender_pinned', text: `${sender} was pinned as a sender for this connection` },
    ]
  }
  if (SHORT_CODE.test(sender)) {
    const text = `${sender} is a short code that is new to us; it may be the utility's`
    return ['candidate', { code: 'sms_short_code_new', text }]
  }
  const text = `${sender || 'The sender'} is neither listed nor pinned, and no short code`
  return ['untrusted', { code: 'sms_sender_unknown', text }]
}
