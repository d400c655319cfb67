import { INPUT_PLACE, ROLE_AFTER, SIGN_IN } from './lexicon.ts'
import type { Mention } from './mentions.ts'
import { type Place, placeOf } from './place.ts'
import type { Reading } from './reading.ts'
import {
  type Bond,
  describedBy,
  explainedBy,
  isAnnounced,
  isCommanded,
  isCue,
  labelledBy,
  namedBy,
  type Relation,
  referredTo,
} from './relations.ts'
import type { Sighting } from './shapes.ts'
import { isSpent } from './spent.ts'
import { VETOES } from './vetoes.ts'
import { lookAt } from './visible-text/page.ts'

/** One thing that speaks for or against a sighting; weights add up. */
export type Reason = { readonly weight: number; readonly why: string }

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
}

const OUT = -20
/** Overrides even a utility's own template. */
export const SPENT: Reason = { weight: OUT, why: 'is said to be used, expired or replaced' }
const CUE_WEIGHT: Readonly<Record<Bond, { readonly strong: number; readonly plain: number }>> = {
  named: { strong: 6.6, plain: 5.8 },
  described: { strong: 6.6, plain: 5.8 },
  labelled: { strong: 6.5, plain: 5.7 },
  introduced: { strong: 4.8, plain: 3.6 },
  explained: { strong: 4, plain: 3 },
  beside: { strong: 4, plain: 2.5 },
}
const BOND_WORDS: Readonly<Record<Bond, string>> = {
  named: 'follows',
  described: 'is described as',
  labelled: 'stands under or beside the label',
  introduced: 'stands below a line about',
  explained: 'stands above a line about',
  beside: 'stands in one sentence with',
}

/** Collects what speaks for and against one sighting. */
export function weigh(reading: Reading, sighting: Sighting): Weighed {
  const place = placeOf(reading, sighting)
  const reasons: Reason[] = []
  const add = (weight: number, why: string) => {
    if (weight !== 0) reasons.push({ weight, why })
  }
  const veto = VETOES.find((rule) => rule.applies(sighting, place))
  if (veto) add(OUT, veto.why)
  else if (sighting.shape === 'letters' && !isAnnounced(sighting, place)) add(OUT, 'is a word or a name')
  else if (isSpent(place)) reasons.push(SPENT)
  const named = !veto && weighRelation(reading, sighting, place, add)
  if (!veto) {
    weighShape(sighting, named, add)
    weighLook(reading, sighting, place, add)
    weighFurniture(reading, add)
    weighSurroundings(reading, sighting, place, named, add)
  }
  const weight = reasons.reduce((sum, reason) => sum + reason.weight, 0)
  return { sighting, place, reasons, weight, vetoed: reasons.some((r) => r.weight <= OUT), named }
}

type Add = (weight: number, why: string) => void

/** Weighs what names the sighting and says whether a phrase calls it the code outright. */
function weighRelation(reading: Reading, s: Sighting, place: Place, add: Add): boolean {
  if (reading.bound?.code === s.code)
    add(7, `is bound to ${reading.bound.domain} by the last line of the message`)
  const naming = namedBy(reading, s, place)
  const labelled = naming?.bond === 'named' ? null : labelledBy(reading, s, place)
  const described = describedBy(reading, s, place)
  const against = [naming, labelled, described].find((r) => r && r.bond !== 'beside' && !isCue(r.mention))
  if (against && !outvoted(against, described)) {
    add(OUT, `is called "${against.mention.phrase}"`)
    return false
  }
  const referred = referredTo(reading, s, place)
  const relations = [naming, labelled, described, referred, explainedBy(reading, s, place)].filter(
    (r) => r !== null,
  )
  const best = relations
    .filter((r) => isCue(r.mention))
    .map((relation) => ({ relation, weight: cueWeight(reading, relation) }))
    .sort((a, b) => b.weight - a.weight)[0]
  const typed = isCommanded(reading, s, place)
  if (best) add(best.weight, `${BOND_WORDS[best.relation.bond]} "${best.relation.mention.phrase}"`)
  if (relations.some((r) => r.mention.kind === 'other' && r.bond === 'beside'))
    add(-3, 'another kind of code is named in the sentence')
  const told = best !== undefined && best.weight >= 5
  const purpose =
    SIGN_IN.test(place.sentenceAfter) ||
    SIGN_IN.test(place.sentenceBefore) ||
    INPUT_PLACE.test(place.sentenceAfter.slice(0, 60))
  const role = ROLE_AFTER.test(place.sentenceAfter)
  const other = best !== undefined && best.weight < 0
  if (typed && !other) add(told ? 0.5 : 4.6, 'the reader is told to type it')
  if (typed && purpose && !other) add(told ? 0.3 : 1.2, 'it says where or what for it is typed')
  if (role) add(told || typed ? 0.5 : 5, 'it says what the reader gets by it')
  if (!best || best.weight < 4) weighFarCue(reading, s, place, add)
  return (
    (best !== undefined && best.weight >= 4.5 && best.relation.bond !== 'beside') || (typed && !other) || role
  )
}

/** "Reference: 482913 is your verification code": what is said outright beats a bare noun before it. */
const outvoted = (against: Relation, described: Relation | null): boolean =>
  against.mention.kind === 'bare' && described?.bond === 'described' && described.mention.kind === 'strong'

function cueWeight(reading: Reading, { bond, mention }: Relation): number {
  const weights = CUE_WEIGHT[bond]
  if (mention.kind === 'strong') return weights.strong
  if (mention.kind === 'plain') return isAboutOther(reading, mention) ? weights.plain - 6 : weights.plain
  return confirmsSignIn(reading, mention) ? weights.plain : weights.plain - 6
}

const PAYMENT =
  /\b(?:payments?|paid|paying|pay|amount|receipt|autopay|transactions?|orders?|purchases?|booking|reservations?|appointments?|deposit|refund|paiements?|paye|montant|recu|commande|achat|rendez-vous|virement|pagos?|pagado|monto|importe|recibo|compra|pedido|cita|transaccion|start service|stop service|move|transfer service|enrolled in|outage|gate|door|lock ?box|survey|prize|gift)\b|[$€£]\s?\d/
const SIGN_IN_PURPOSE =
  /\b(?:sign(?:ing)?[ -]?(?:in|on|up)|log(?:ging)?[ -]?(?:in|on)|login|identity|verify|authenticat\w{1,5}|confirm your (?:e-?mail|identity|address|phone|new|account|device)|password|browser|device|security|session|one[ -]time|connexion|connecter|identite|verifier|iniciar sesion|identidad|verificar|contrasena|dispositivo|appareil|registr\w{2,8}|expire\w{0,2}|expira|vence|create|creat\w{2,4})\b/

/** A confirmation or access code: of a sign-in, or of a payment, an order, a gate? */
function confirmsSignIn(reading: Reading, mention: Mention): boolean {
  const near = reading.folded.slice(Math.max(0, mention.start - 220), mention.end + 260)
  const { lifetime, notYou } = reading.furniture
  if (PAYMENT.test(near)) return (lifetime || notYou) && SIGN_IN_PURPOSE.test(near)
  return !isAboutOther(reading, mention)
}

const OTHER_BUSINESS =
  /\b(?:promo\w{0,8}|coupon|discount|% off|checkout|at check-?out|redeem|voucher|gift|offer|sale|save \$|rebate|referr?al|refer a|raffle|sweepstakes|prize|winner?|won|claim|survey|questionnaire|feedback|meeting|conference|zoom|webinar|dial[ -]in|dial|join|host|gate|door|lock ?box|keypad|locker|pick ?up|parcel|package|courier|driver|technician|crew|installer|wi-?fi|guest|network|building|garage|parking|elevator|flight|hotel|check-in|reservation|shop|store|cart|rabais|remise|reduction|cadeau|concours|sondage|reunion|conference|livraison|colis|technicien|porte|barriere|magasin|caisse|cupon|descuento|oferta|regalo|sorteo|premio|encuesta|reunion|conferencia|entrega|paquete|tecnico|puerta|tienda|backup codes|recovery codes|postal|zip)\b|\d% (?:off|de)/

/** A bare "code" in a sentence about shopping, meetings, doors or parcels. */
function isAboutOther(reading: Reading, mention: Mention): boolean {
  const near = reading.folded.slice(Math.max(0, mention.start - 110), mention.end + 110)
  return OTHER_BUSINESS.test(near)
}

/** A cue elsewhere in the message, or in its subject. */
function weighFarCue(reading: Reading, s: Sighting, place: Place, add: Add): void {
  const cues = reading.mentions.filter((mention) => isCue(mention))
  const strong = cues.find((mention) => mention.kind === 'strong')
  const subjectEnd = reading.hasSubject ? reading.page.lines[0]!.end : 0
  const cue = strong ?? cues.find((mention) => cueWeight(reading, { bond: 'named', mention }) > 3)
  if (!cue) return
  const prominent = place.alone || place.inSubject
  const inSubject = cues.some(
    (mention) => mention.start < subjectEnd && (mention.kind === 'strong' || mention === cue),
  )
  const base = strong ? 2.6 : 1.6
  const near = Math.abs(cue.start - s.start) < 400 ? 0.4 : 0
  add(
    base + near + (prominent ? 1 : 0),
    inSubject ? `the subject speaks of "${cue.phrase}"` : `the message speaks of "${cue.phrase}"`,
  )
}

function weighShape(s: Sighting, named: boolean, add: Add): void {
  const { length } = s.code
  switch (s.shape) {
    case 'digits':
    case 'grouped digits':
    case 'spaced characters':
      if (length === 6) add(1, 'has six digits, as most codes do')
      else if (length === 3) add(named ? -3 : -8, 'has only three digits')
      else if (length >= 9) add(named ? -0.3 : -2.5, 'is longer than most codes')
      else if (length === 4 && /^(?:19|20)\d\d$/.test(s.code)) add(named ? -0.5 : -4.5, 'could be a year')
      else if (length === 4 || length === 5) add(named ? 0 : -0.6, 'is shorter than most codes')
      break
    case 'uneven groups':
      add(named ? -1 : -6, 'is made of groups of different length')
      break
    case 'letters and digits':
    case 'grouped letters and digits':
      add(named ? -0.3 : -3, 'mixes letters and digits')
      break
    case 'letters':
      add(named ? -1.2 : -9, 'has no digit')
  }
  if (s.partial) add(-8, 'is a piece of a longer number')
  if (s.prefix && s.prefix.length === 1 && named) add(1, `has a brand's letter in front, ${s.prefix}-`)
  if (s.shape === 'grouped digits' && isShortDate(s.shown)) add(named ? -1 : -6, 'could be a date')
}

const isShortDate = (shown: string): boolean => {
  const match = /^(\d\d)-(\d\d)-(\d\d)$/.exec(shown)
  if (!match) return false
  const [a, b] = [Number(match[1]), Number(match[2])]
  return (a >= 1 && a <= 12 && b >= 1 && b <= 31) || (b >= 1 && b <= 12 && a >= 1 && a <= 31)
}

function weighLook(reading: Reading, s: Sighting, place: Place, add: Add): void {
  const look = lookAt(reading.page, s.start)
  if (place.alone && !place.inSubject) add(1.5, 'stands alone on its line')
  else if (place.aloneInCell && !place.inSubject) add(0.8, 'stands alone in its cell')
  const ratio = look.size / reading.page.bodySize
  if (!place.inSubject && ratio >= 1.2) add(ratio >= 1.6 ? 2 : 1.3, 'is set larger than the text')
  if (look.spaced || s.shape === 'spaced characters') add(1, 'is set with wide spacing')
  if (look.bold) add(0.5, 'is bold')
  if (look.boxed && place.alone) add(0.3, 'stands in a box')
  if (look.link) add(-1, 'is the text of a link')
}

function weighFurniture(reading: Reading, add: Add): void {
  const { lifetime, secrecy, notYou, signIn } = reading.furniture
  if (lifetime) add(0.8, 'the message says how long a code is valid')
  if (secrecy) add(0.5, 'the message says not to share')
  if (notYou) add(0.6, 'the message says what to do if it was not you')
  if (signIn) add(0.5, 'the message is about signing in')
}

function weighSurroundings(reading: Reading, s: Sighting, place: Place, named: boolean, add: Add): void {
  if (!named && OTHER_BUSINESS.test(place.sentenceBefore + place.sentenceAfter))
    add(-2, 'the sentence is about something else')
  if (/#\s?$/.test(place.before) && !named) add(-1.5, 'is a number after #')
  if (!named && hasOwnLabel(place)) add(-2.5, 'has a label of its own')
  if (isWholeMessage(reading, s)) add(s.code.length === 6 ? 5 : 4, 'is all that the message says')
}

/** "Stmt  2291", "Roll: 40117": a label that names no code. The first line may begin with a brand. */
function hasOwnLabel(place: Place): boolean {
  const cells = place.before.split('\t')
  const label = cells.length > 1 && place.aloneInCell ? cells.at(-2)! : place.line > 1 ? cells.at(-1)! : ''
  if (cells.length === 1 && !/:\s*$/.test(label)) return false
  return /\p{L}/u.test(label) && !/\d/.test(label) && label.trim().split(/\s+/).length <= 4
}

/** Nothing else in the message but, perhaps, a name and a colon. */
function isWholeMessage(reading: Reading, s: Sighting): boolean {
  const bodyStart = reading.hasSubject ? (reading.page.lines[1]?.start ?? 0) : 0
  const rest = reading.page.text.slice(bodyStart, s.start) + reading.page.text.slice(s.end)
  return s.start >= bodyStart && s.shape !== 'letters' && !/[\p{L}\p{N}]/u.test(rest)
}
