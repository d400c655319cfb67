import { isAnnounced } from './announced.ts'
import { cueWeight } from './cue-weight.ts'
import { weighFarCue } from './far-cue.ts'
import { weighFurniture, weighLook, weighShape } from './looks.ts'
import { type Place, placeOf } from './place.ts'
import { type Reading, speaksOfCode } from './reading.ts'
import {
  type Bond,
  describedBy,
  explainedBy,
  isCue,
  labelledBy,
  namedBy,
  type Relation,
  referredTo,
} from './relations.ts'
import { weighUse } from './setting.ts'
import type { Sighting } from './shapes.ts'
import { isSpent } from './spent.ts'
import { isElsewhere, weighSurroundings } from './surroundings.ts'
import { VETOES } from './vetoes.ts'

/** One thing that speaks for or against a sighting; weights add up. */
export type Reason = { readonly weight: number; readonly why: string }
export type Add = (weight: number, why: string) => void

/** A sighting with all that was found about it. */
export type Weighed = {
  readonly sighting: Sighting
  readonly place: Place
  readonly reasons: readonly Reason[]
  readonly weight: number
  /** Something rules it out, whatever else speaks for it. */
  readonly vetoed: boolean
  /** A phrase says outright that this is the code. */
  readonly named: boolean
  /** By its name, not only by what is to be done with it. */
  readonly cued: boolean
}

const OUT = -20
/** Overrides even a utility's own template. */
export const SPENT: Reason = { weight: OUT, why: 'is said to be used, expired or replaced' }

/** Bonds across lines, where the number's own line may be about something else. */
const LOOSE: ReadonlySet<Bond> = new Set(['introduced', 'explained'])

const BOND_WORDS: Readonly<Record<Bond, string>> = {
  named: 'follows',
  described: 'is described as',
  labelled: 'stands under or beside the label',
  introduced: 'stands below a line about',
  explained: 'stands above a line about',
  beside: 'stands in one sentence with',
}

/** Collects what speaks for and against each number-like run of a text. */
export function weighAll(reading: Reading): Weighed[] {
  const weighed = joinLists(
    reading,
    reading.sightings.map((sighting) => weigh(reading, sighting)),
  )
  const open = weighed.filter((w) => !w.vetoed && w.weight > -2)
  if (new Set(open.map((w) => w.sighting.code)).size !== 1) return weighed
  const isAbout =
    open[0]!.named ||
    speaksOfCode(reading.furniture) ||
    reading.mentions.some(isCue) ||
    weighed.some((w) => w.reasons.includes(SPENT))
  const lone: Reason = {
    weight:
      (!isAbout || open[0]!.sighting.code.length === 3
        ? 0.8
        : open[0]!.sighting.code.length === 6
          ? 2
          : 1.6) + (replaces(open[0]!, weighed) ? 1 : 0),
    why: 'is the only number here that could be a code',
  }
  return weighed.map((w) =>
    (isAbout || !reading.furniture.business) && open.includes(w)
      ? { ...w, reasons: [...w.reasons, lone], weight: w.weight + lone.weight }
      : w,
  )
}

/** Beside a code of its form that is over, what is left is the one that came after it. */
const replaces = ({ sighting }: Weighed, weighed: readonly Weighed[]): boolean =>
  weighed.some(
    (w) =>
      w.reasons.includes(SPENT) &&
      w.sighting.shape === sighting.shape &&
      w.sighting.code.length === sighting.code.length,
  )

/** In "account 448120 or 448121" and "codes 771204 and 118206 are void" each is what the other is. */
function joinLists(reading: Reading, weighed: readonly Weighed[]): Weighed[] {
  const joined = [...weighed]
  const inherit = (to: number, from: number) => {
    const outside = joined[from]!.reasons.find((reason) => reason.weight <= OUT)
    const heir = joined[to]!
    if (!outside || heir.vetoed) return
    joined[to] = { ...heir, reasons: [...heir.reasons, outside], weight: heir.weight + OUT, vetoed: true }
  }
  for (let i = 1; i < joined.length; i += 1) {
    const between = reading.folded.slice(joined[i - 1]!.sighting.end, joined[i]!.sighting.start)
    if (!LISTED.test(between) || joined[i]!.sighting.shape !== joined[i - 1]!.sighting.shape) continue
    inherit(i, i - 1)
    if (joined[i]!.reasons.includes(SPENT)) inherit(i - 1, i)
  }
  return joined
}
const LISTED = /^\s?(?:,|and|or|et|ou|y|o|\/|&|through|to|-)(?: (?:and|or|et|ou|y|o))?\s?$/

function weigh(reading: Reading, sighting: Sighting): Weighed {
  const place = placeOf(reading, sighting)
  const reasons: Reason[] = []
  const add: Add = (weight, why) => {
    if (weight !== 0) reasons.push({ weight, why })
  }
  const veto = VETOES.find((rule) => rule.applies(sighting, place))
  let relation = { named: false, cued: false }
  if (veto) add(OUT, veto.why)
  else if (sighting.shape === 'letters' && !isAnnounced(sighting, place)) add(OUT, 'is a word or a name')
  else if (isSpent(place)) reasons.push(SPENT)
  else {
    relation = weighRelation(reading, sighting, place, add)
    const { named } = relation
    if (reasons.some((r) => r.weight <= OUT))
      return { sighting, place, reasons, weight: OUT, vetoed: true, ...relation }
    weighShape(reading, sighting, place, named, add)
    weighLook(reading, sighting, place, add)
    weighFurniture(reading, add)
    weighSurroundings(reading, sighting, place, named, add)
  }
  const weight = reasons.reduce((sum, reason) => sum + reason.weight, 0)
  return { sighting, place, reasons, weight, vetoed: reasons.some((r) => r.weight <= OUT), ...relation }
}

/** Weighs what names the sighting; `named` when something says outright that it is the code. */
function weighRelation(
  reading: Reading,
  s: Sighting,
  place: Place,
  add: Add,
): { named: boolean; cued: boolean } {
  const { bound } = reading
  if (bound?.code === s.code) {
    add(7.5, `is bound to ${bound.domain} by the last line of the message`)
    return { named: true, cued: true }
  }
  const relations = relationsOf(reading, s, place)
  const against = relations.find((r) => r.bond !== 'beside' && !isCue(r.mention))
  if (against && !isOutvoted(against, relations, place)) {
    add(OUT, `is called "${against.mention.phrase}"`)
    return { named: false, cued: false }
  }
  const best = relations
    .filter((r) => isCue(r.mention))
    .map((relation) => ({ relation, weight: cueWeight(reading, relation) }))
    .sort((a, b) => b.weight - a.weight)[0]
  const elsewhere =
    best &&
    LOOSE.has(best.relation.bond) &&
    best.relation.mention.kind !== 'strong' &&
    isElsewhere(reading, place)
  if (elsewhere) add(-6, 'the lines around it are about something else')
  if (best) {
    const foreign = best.weight < 0 ? ', which here is not about signing in' : ''
    add(best.weight, `${BOND_WORDS[best.relation.bond]} "${best.relation.mention.phrase}"${foreign}`)
  }
  if (relations.some((r) => r.mention.kind === 'other' && r.bond === 'beside'))
    add(-3, 'another kind of code is named in the sentence')
  const used = weighUse(reading, s, place, best?.weight ?? null, add)
  if (best?.relation.mention.kind === 'vague' && reading.mentions.some((m) => m.kind === 'strong'))
    add(1, 'the message speaks of a code')
  if (!best || (best.weight < 4 && best.weight >= 0)) weighFarCue(reading, s, place, add)
  const cued = best !== undefined && best.weight >= 4 && best.relation.bond !== 'beside'
  return { named: cued || used, cued }
}

function relationsOf(reading: Reading, s: Sighting, place: Place): Relation[] {
  const naming = namedBy(reading, s, place)
  const labelled = naming?.bond === 'named' ? null : labelledBy(reading, s, place)
  const described = describedBy(reading, s, place)
  const referred = referredTo(reading, s, place)
  return [naming, labelled, described, referred, explainedBy(reading, s, place)].filter((r) => r !== null)
}

/** "Reference: 482913 is your verification code": what is said outright beats a bare noun before it. */
const isOutvoted = (against: Relation, relations: readonly Relation[], place: Place): boolean =>
  against.mention.kind === 'bare' &&
  /^\W{0,3}(?:is|est|es)\b/.test(place.foldedAfter) &&
  relations.some(({ bond, mention }) => bond === 'described' && mention.kind === 'strong')
