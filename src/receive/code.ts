import { connectionSource, inboxSource } from '../domain/code.ts'
import { newId } from '../domain/id.ts'
import type { NewCode } from '../domain/inbound-record.ts'
import type { MailboxContext } from '../domain/mailbox.ts'
import type { Reading } from '../domain/reading.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'

const DEFAULT_VALID_SECONDS = 600

/**
 * A code exists only where the message is believed, at least as a candidate: quarantine is never claimable. Its
 * life is counted from when it was sent, so that one which was held back on the way is dead on arrival.
 */
export function makeCode(
  findUtility: (id: string) => UtilityDefinition | undefined,
  { connection }: MailboxContext,
  { verdict, extraction }: Reading['perMailbox'][number],
  sentAt: number,
): NewCode | null {
  if (extraction.kind !== 'code' || verdict.level === 'untrusted') return null
  const utility = findUtility(connection.utility)
  const validSeconds = extraction.validForSeconds ?? utility?.validForSeconds ?? DEFAULT_VALID_SECONDS
  return {
    id: newId(),
    source: verdict.forwardedBy
      ? inboxSource(connection.utility, verdict.forwardedBy)
      : connectionSource(connection.id),
    code: extraction.code,
    verdict: verdict.level,
    rule: extraction.rule,
    confidence: extraction.confidence,
    expiresAt: sentAt + validSeconds * 1000,
  }
}
