import type { MailboxContext } from '../domain/mailbox.ts'
import type { Reason, VerdictLevel } from '../domain/verdict.ts'
import type { Circumstances } from './circumstances.ts'

/**
 * What an authentic message of a sender that is new to us is worth. Trust must be able to learn, but a stranger
 * must not be able to teach it: so only a code that comes while a login waits for one is offered, to that login.
 */
export function weighNewSender(
  { loginOpenUntil = null }: MailboxContext,
  { extraction, receivedAt, newSenders }: Circumstances,
): { readonly level: VerdictLevel; readonly reasons: readonly Reason[] } {
  const quarantine = (code: string, text: string) => ({
    level: 'untrusted' as const,
    reasons: [{ code, text }],
  })
  if (newSenders === 'quarantine') {
    return quarantine(
      'new_senders_off',
      'Mail of new senders is not offered: NEW_SENDERS is set to quarantine',
    )
  }
  if (extraction.kind !== 'code') {
    return quarantine('new_sender_no_code', 'A new sender is only heard with a code that cannot be misread')
  }
  if (loginOpenUntil === null || loginOpenUntil <= receivedAt) {
    return quarantine('new_sender_no_login', 'A new sender is only heard while a login waits for a code')
  }
  return { level: 'candidate', reasons: [] }
}
