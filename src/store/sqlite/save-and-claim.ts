import type Database from 'better-sqlite3'
import type { InboundRecord, SavedInbound } from '../../domain/inbound-record.ts'
import type { ClaimResult, WaitingClaim } from '../store.ts'
import type { prepareClaim } from './claim.ts'
import type { prepareSave } from './save.ts'

type SaveAndClaim = (
  records: readonly InboundRecord[],
  claims: readonly WaitingClaim[],
) => { saved: SavedInbound[]; claims: ClaimResult[] }

const NONE: ClaimResult = { kind: 'none' }

/**
 * Messages and the claims of those who wait for them, at the price of one flush and of one way to this thread. A claim
 * is what it would be a moment later, in a commit of its own: it sees all that was there before and all records.
 */
export function prepareSaveAndClaim(
  database: Database.Database,
  { saveInbound }: Pick<ReturnType<typeof prepareSave>, 'saveInbound'>,
  { claimCode }: ReturnType<typeof prepareClaim>,
): { saveAndClaim: SaveAndClaim } {
  const savepoint = database.prepare('savepoint claim')
  const release = database.prepare('release claim')
  const undo = database.prepare('rollback to claim')

  /** A claim that cannot be made must not cost the message: whoever waits asks again, and hears why. */
  const tryClaim = ({ attemptId, rules, actor }: WaitingClaim): ClaimResult => {
    savepoint.run()
    try {
      const result = claimCode(attemptId, rules, actor)
      release.run()
      return result
    } catch (error) {
      // A full disk undid everything, the messages too.
      if (!database.inTransaction) throw error
      undo.run()
      release.run()
      return NONE
    }
  }
  return {
    saveAndClaim(records, claims) {
      const saved = saveInbound(records)
      const hasNewCode = saved.some(({ isNew }, index) => isNew && records[index]?.code)
      return { saved, claims: hasNewCode ? claims.map(tryClaim) : claims.map(() => NONE) }
    },
  }
}
