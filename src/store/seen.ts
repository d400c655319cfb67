import type { SeenMessage } from '../domain/attempt.ts'
import type { CodeState } from '../domain/code.ts'
import type { ExtractionKind } from '../domain/extraction.ts'
import type { Reason, VerdictLevel } from '../domain/verdict.ts'
import type { Row } from './schema.ts'
import type { ClaimRules } from './store.ts'

/** A message as the list of what arrived needs it, with its code where it has one. */
export type SeenRow = {
  readonly verdict: VerdictLevel
  readonly verdict_reasons: string
  readonly released_at: number | null
  readonly extraction_kind: ExtractionKind
  readonly extraction_reason: string | null
  readonly state: CodeState | null
  readonly attempt_id: string | null
  readonly expires_at: number | null
  readonly sent_at: number | null
  readonly code_verdict: 'trusted' | 'candidate' | null
}

type Finding = Pick<SeenMessage, 'result' | 'text'>

const DEFAULT_SKEW_MS = 120_000

/** Why a message was, or was no, code for this attempt. Never says the code. */
export function explain(row: SeenRow, attempt: Row<'attempt'>, rules: Partial<ClaimRules>): Finding {
  return row.state === null ? explainMessage(row) : explainCode(row, attempt, rules)
}

function explainCode(row: SeenRow, attempt: Row<'attempt'>, rules: Partial<ClaimRules>): Finding {
  const { now = Date.now(), clockSkewMs = DEFAULT_SKEW_MS, offerCandidates = true } = rules
  if (row.state === 'rejected') {
    return { result: 'rejected', text: 'Its code was handed out, and the portal did not accept it.' }
  }
  if (row.state === 'claimed') {
    return row.attempt_id === attempt.id
      ? { result: 'claimed', text: 'Its code was handed to this attempt.' }
      : { result: 'claimed_by_other', text: 'Its code belongs to another attempt.' }
  }
  if (row.state === 'superseded') {
    return { result: 'superseded', text: 'A newer code was handed out instead of this one.' }
  }
  if ((row.sent_at ?? 0) < attempt.opened_at - clockSkewMs) {
    return { result: 'sent_before_attempt', text: 'It was sent before this attempt began: an older code.' }
  }
  if ((row.expires_at ?? 0) <= now) {
    return { result: 'expired', text: 'Its code has expired.' }
  }
  if (row.code_verdict === 'candidate' && !offerCandidates) {
    const text = 'It is authenticated, but its sender is new; such codes are not handed out by setting.'
    return { result: 'candidate_held', text }
  }
  return { result: 'available', text: 'Its code is there to be claimed.' }
}

function explainMessage(row: SeenRow): Finding {
  if (row.verdict === 'untrusted' && row.released_at === null) {
    const reasons: readonly Reason[] = JSON.parse(row.verdict_reasons)
    const why = reasons.map(({ text }) => text.replace(/\.$/, '')).join('; ')
    return { result: 'quarantined', text: `It is in quarantine${why ? `: ${why}` : ''}.` }
  }
  switch (row.extraction_kind) {
    case 'code':
      return { result: 'expired', text: 'Its code was removed by retention.' }
    case 'none':
      return row.extraction_reason === 'ambiguous'
        ? {
            result: 'ambiguous',
            text: 'Several different codes fit; none is handed out, as a wrong one locks.',
          }
        : { result: 'no_code', text: 'No code was recognised in it: look whether its format is new.' }
    case 'unread':
      return { result: 'unread', text: 'It could not be read; it is kept as it came.' }
    default:
      return { result: 'no_code', text: `It is no code but a ${row.extraction_kind.replaceAll('_', ' ')}.` }
  }
}
