import type { DeliveryKind } from '../domain/delivery.ts'
import type { Extraction, ExtractionKind } from '../domain/extraction.ts'
import { newId } from '../domain/id.ts'
import type { NewCode, NewDelivery } from '../domain/inbound-record.ts'
import type { MailboxContext } from '../domain/mailbox.ts'
import type { Verdict } from '../domain/verdict.ts'

/** What was found out about a message for one mailbox. */
type Reading = { readonly verdict: Verdict; readonly extraction: Extraction }

/** Decides who gets a copy of a message; pure, as its answer is written in the message's own transaction. */
export type CopyPlanner = (
  context: MailboxContext,
  reading: Reading,
  code: NewCode | null,
) => readonly NewDelivery[]

/**
 * What a trusted message is copied as when it holds no code that we could read. `none` is among them: the utility
 * wrote to an address of ours, so a customer who gets no copy never sees the message at all. Machine mail is
 * never copied (RFC 3834 §2: that is how loops start); a forwarding confirmation is a secret of its own; and
 * what could not be read may be anything.
 */
const NOTICES: ReadonlySet<ExtractionKind> = new Set(['notice', 'invitation', 'sign_in_link', 'none'])

/**
 * One delivery per confirmed recipient, for trusted messages only: a relay that copies what anybody sends would
 * be a spam cannon.
 *
 * @param settings `relayNotices`: whether trusted messages without a code are copied too
 */
export function copyPlanner(settings: { readonly relayNotices: boolean }): CopyPlanner {
  return (context, { verdict, extraction }, code) => {
    if (verdict.level !== 'trusted') return []
    if (extraction.kind === 'code') return code ? toEach(context, 'code_copy', code.expiresAt) : []
    if (!settings.relayNotices || !NOTICES.has(extraction.kind)) return []
    return toEach(context, 'notice_copy', null)
  }
}

function toEach(context: MailboxContext, kind: DeliveryKind, expiresAt: number | null): NewDelivery[] {
  return context.recipients.map((recipient) => ({
    id: newId(),
    kind,
    courier: recipient.channel,
    recipientId: recipient.id,
    address: recipient.address,
    expiresAt,
  }))
}
