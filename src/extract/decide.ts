import type { Candidate } from '../domain/extraction.ts'
import { type Reason, SPENT, type Weighed } from './evidence.ts'

/** What one text says: a code with its confidence, or why there is none. */
export type Decision =
  | {
      readonly kind: 'code'
      readonly code: string
      /** What read it, e.g. `general`. */
      readonly rule: string
      readonly confidence: number
      readonly candidates: readonly Candidate[]
    }
  | {
      readonly kind: 'none'
      readonly reason: 'unmatched' | 'ambiguous'
      readonly candidates: readonly Candidate[]
    }

/** Weight at which a candidate is as likely right as not; a step of one multiplies the odds by three. */
const EVEN = 3.6
/** Below this nothing is handed out. */
const FLOOR = 0.85
/** A second candidate this close in weight makes the answer ambiguous. */
const MARGIN = 2.5
/** A number below this is not of one list with the code, even beside it. */
const TWIN_FLOOR = 0.3
/** For people: at most this many candidates are shown. */
const SHOWN = 12

export const confidenceOf = (weight: number): number => 1 / (1 + Math.exp((EVEN - weight) * 1.1))

type Merged = {
  readonly code: string
  readonly best: Weighed
  readonly weight: number
  readonly reasons: readonly Reason[]
  readonly out: boolean
}

/** Sightings of the same characters are one candidate; being told twice counts, being called something else counts more. */
function merge(weighed: readonly Weighed[]): Merged[] {
  const groups = new Map<string, Weighed[]>()
  for (const w of weighed) groups.set(w.sighting.code, [...(groups.get(w.sighting.code) ?? []), w])
  return [...groups.values()].map(mergeOne).sort((a, b) => b.weight - a.weight)
}

function mergeOne(group: readonly Weighed[]): Merged {
  const sorted = [...group].sort((a, b) => b.weight - a.weight)
  const best = sorted[0]!
  const reasons = [...best.reasons]
  const standing = sorted.filter((w) => !w.vetoed)
  const vetoed = sorted.find((w) => w.vetoed)
  if (standing.length > 1)
    reasons.push({ weight: 0.6, why: `stands ${standing.length} times in the message` })
  if (vetoed && standing.length > 0) {
    reasons.push({
      weight: sorted.some((w) => w.reasons.includes(SPENT)) ? -20 : best.cued ? -0.5 : -6,
      why: `elsewhere it ${vetoed.reasons.find((r) => r.weight <= -20)!.why}`,
    })
  }
  const other = sorted
    .slice(1)
    .flatMap((w) => w.reasons)
    .find((r) => r.weight <= -6 && r.weight > -20)
  if (other) reasons.push({ weight: -6, why: 'elsewhere it is a code of another kind' })
  const weight = reasons.reduce((sum, reason) => sum + reason.weight, 0)
  return { code: best.sighting.code, best, weight, reasons, out: best.vetoed }
}

const toCandidate = (merged: Merged): Candidate => ({
  code: merged.code,
  shown: merged.best.sighting.shown,
  score: Math.round(confidenceOf(merged.weight) * 1000) / 1000,
  // What rules a number out is all that matters of it.
  evidence: merged.reasons
    .filter(({ weight }) => !merged.out || weight < 0)
    .map(({ weight, why }) => ({ for: weight > 0, why })),
})

/** Which candidate is the code, if one clearly is. `fits` narrows to what is known of the utility's codes. */
export function decide(weighed: readonly Weighed[], fits: (code: string) => boolean = () => true): Decision {
  const merged = merge(weighed)
  const candidates = merged.slice(0, SHOWN).map(toCandidate)
  const likely = merged.filter((m) => !m.out && confidenceOf(m.weight) >= FLOOR)
  const best = likely.find((m) => fits(m.code))
  if (!best) return { kind: 'none', reason: 'unmatched', candidates }
  const rivals = merged.filter((m) => m !== best && !m.out && !isPartOf(m, best))
  const second = rivals.find((m) => fits(m.code))
  const misfit = rivals.find((m) => !fits(m.code) && confidenceOf(m.weight) >= FLOOR)
  const twin = rivals.some((m) => fits(m.code) && areTwins(best, m))
  // Two numbers that are each called the code outright: how much else speaks for one does not matter.
  const equal = rivals.some(
    (m) => fits(m.code) && best.best.named && m.best.named && confidenceOf(m.weight) >= FLOOR,
  )
  if (twin || equal || (second && best.weight - second.weight < MARGIN))
    return { kind: 'none', reason: 'ambiguous', candidates }
  // What is known of the utility may be out of date: a misfit that is much the better code is not passed over.
  if (misfit && misfit.weight - best.weight >= MARGIN)
    return { kind: 'none', reason: 'ambiguous', candidates }
  return { kind: 'code', code: best.code, rule: 'general', confidence: confidenceOf(best.weight), candidates }
}

/** Two of a kind in a list, in neighbouring cells or joined by "and" and "or": what names the first names the second. */
function areTwins(a: Merged, b: Merged): boolean {
  const [x, y] = [a.best, b.best]
  const alike = x.sighting.shape === y.sighting.shape && x.sighting.code.length === y.sighting.code.length
  if (!alike || x.place.inSubject || y.place.inSubject) return false
  if (x.place.aloneInCell && y.place.aloneInCell) {
    return Math.abs(x.place.line - y.place.line) <= 1 && confidenceOf(b.weight) >= TWIN_FLOOR
  }
  if (x.place.line !== y.place.line) return false
  const [first, second] = x.sighting.start < y.sighting.start ? [x, y] : [y, x]
  const between = first.place.foldedAfter.slice(0, second.sighting.start - first.sighting.end)
  return (
    between.length <= 60 &&
    !/[.!?]\s/.test(between) &&
    /(?:\b(?:and|or|et|ou|y|o)\b|^,|\/|&|^\s+$)/.test(between)
  )
}

/** A group of a grouped code, seen on its own elsewhere. */
const isPartOf = (part: Merged, whole: Merged): boolean =>
  part.best.sighting.start >= whole.best.sighting.start && part.best.sighting.end <= whole.best.sighting.end
