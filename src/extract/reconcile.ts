import type { Candidate } from '../domain/extraction.ts'
import type { Decision } from './decide.ts'

/** What one of several forwarded messages says, and when it was sent. */
export type Said = { readonly decision: Decision; readonly sentAt: number | null }

/** Two readings of what should be the same: where they name different codes nobody can know which was meant. */
export function reconcile(a: Decision, b: Decision): Decision {
  if (a.kind !== 'code') return a
  if (b.kind !== 'code' || a.code === b.code) return a
  return { kind: 'none', reason: 'ambiguous', candidates: mergeCandidates(a.candidates, b.candidates) }
}

const mergeCandidates = (a: readonly Candidate[], b: readonly Candidate[]): Candidate[] => [
  ...a,
  ...b.filter((candidate) => !a.some((known) => known.code === candidate.code)),
]

/** What stands in a text part that nobody filled in. */
const isFiller = (code: string): boolean => /^(.)\1+$/.test(code)

/** What the HTML shows to be an account number is none because the text part lost its table. */
const rulesOut = (candidates: readonly Candidate[], code: string): boolean =>
  candidates.some((c) => c.code === code && c.score < 0.01 && c.evidence.every((reason) => !reason.for))

/** HTML and text part of one mail. The HTML is what people see; the text counts where the HTML says nothing. */
export function weighParts(html: Decision | null, text: Decision | null): Decision | null {
  if (!html || !text) return html ?? text
  if (html.kind === 'code' && text.kind === 'code' && isFiller(text.code)) return html
  if (html.kind === 'code') return reconcile(html, text)
  if (text.kind === 'code' && rulesOut(html.candidates, text.code)) return html
  return html.reason === 'ambiguous' ? html : text
}

/** Of several forwarded messages that name different codes, the one sent last; ambiguous where that is not known. */
export function newest(said: readonly Said[]): Decision | null {
  const telling = said.filter(({ decision }) => decision.kind === 'code' || decision.reason === 'ambiguous')
  const first = telling[0]
  if (!first) return said[0]?.decision ?? null
  const codes = new Set(telling.map(({ decision }) => (decision.kind === 'code' ? decision.code : null)))
  if (codes.size === 1) return first.decision
  const latest = Math.max(...telling.map(({ sentAt }) => sentAt ?? Number.NaN))
  const last = telling.filter(({ sentAt }) => sentAt === latest)
  if (last.length === 1) return last[0]!.decision
  return {
    kind: 'none',
    reason: 'ambiguous',
    candidates: telling.flatMap(({ decision }) => decision.candidates),
  }
}
