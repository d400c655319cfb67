import { COMMAND, SIGN_IN } from './lexicon.ts'
import type { Mention } from './mentions.ts'
import { type Reading, speaksOfCode } from './reading.ts'
import type { Bond, Relation } from './relations.ts'

type ByStrength = { readonly strong: number; readonly plain: number; readonly vague: number }

const CUE_WEIGHT: Readonly<Record<Bond, ByStrength>> = {
  named: { strong: 6.6, plain: 5.8, vague: 4.9 },
  described: { strong: 6.6, plain: 5.8, vague: 4.2 },
  labelled: { strong: 6.5, plain: 5.7, vague: 4.8 },
  introduced: { strong: 4.8, plain: 3.6, vague: 2.4 },
  explained: { strong: 4, plain: 3, vague: 2 },
  beside: { strong: 4, plain: 2.5, vague: 1.5 },
}
/** What a cue loses in a sentence about parcels, doors or payments. */
const ELSEWHERE = -6

/** Strong phrases that doors, cards and car parks use as well. */
const MANY_USES = /^(?:pin|validation|security|unlock|secure|dynamic|code secret|pin de) ?/

/** Codes that are told to people on the phone, unless the message says never to. */
const SPOKEN =
  /\b(?:phone|voice|telephone) system\b|\bon the phone with\b|\b(?:on|over|by) the phone,? (?:enter|key|press|say|give)\b|\bfollowed by (?:the )?(?:pound|hash|star|#)|\btell (?:the|our|your) (?:agent|representative|operator|technician|driver)\b|\bread (?:her|him|them|us|the agent)\b|\b(?:when|if) (?:you call|calling)\b|\b(?:agent|representative|operator|technician|driver)s? (?:will ask|asks|may ask)\b|(?<!\b(?:not|never|don't|nobody|nor)\b[^.\n]{0,50})\bto (?:our|an|the|your) (?:agent|representative|operator|technician|driver)\b|\b(?:cuando llame|lorsque vous appel\w{2,4}|quand vous appel\w{2,4})\b/

export const isSpoken = (sentence: string): boolean => SPOKEN.test(sentence)

/** How much a phrase speaks for the number that it names. */
export function cueWeight(reading: Reading, { bond, mention }: Relation): number {
  const weights = CUE_WEIGHT[bond]
  if (mention.kind === 'strong') {
    const doubted =
      isPhysical(reading, mention) || (MANY_USES.test(mention.phrase) && isAboutOther(reading, mention))
    return doubted ? weights.strong + 2 * ELSEWHERE : weights.strong
  }
  // "Enter proceeding number A2611014": a number of its own, unless the message is about signing in.
  if (mention.told && !speaksOfCode(reading.furniture)) return weights.vague + ELSEWHERE
  const weight = mention.kind === 'vague' ? weights.vague : weights.plain
  const fits =
    mention.kind === 'doubtful'
      ? confirmsSignIn(reading, mention)
      : !isAboutOther(reading, mention) && !isQualified(reading, mention) && !isForPaying(reading, mention)
  if (fits) return weight
  return bond === 'beside' ? weight + ELSEWHERE : weight + 2 * ELSEWHERE
}

export const PAYMENT =
  /\b(?:payments?|pmt|rcvd|paid|paying|pay|amount|receipt|autopay|transactions?|orders?|purchases?|booking|reservations?|appointments?|deposit|refund|paiements?|paye|montant|recu|commande|achat|rendez-vous|virement|pagos?|pagado|monto|importe|recibo|compra|pedido|cita|transaccion|facture|factura|panne|apagon|demenagement|mudanza|solicitud|start service|stop service|move|transfer service|enrolled in|outage|gate|door|lock ?box|survey|prize|gift)\b|[$€£]\s?\d/
const SIGN_IN_PURPOSE =
  /\b(?:sign(?:ing|ed)?[ -]?(?:in|on|up)|log(?:ging|ged)?[ -]?(?:in|on)|login|identity|verify|authenticat\w{1,5}|confirm your (?:e-?mail|identity|address|phone|new|account|device)|password|connect your|link your|approve access|data sharing|browser|device|security|session|one[ -]time|connexion|connecter|identite|verifier|iniciar sesion|identidad|verificar|contrasena|dispositivo|appareil|registr\w{2,8}|expire\w{0,2}|expira|vence|create|creat\w{2,4})\b/

/** What is over and done: its confirmation is a receipt. */
const DONE =
  /\b(?:(?:has|have) been|was|were|is|are) (?:now )?(?:received|updated|changed|complete|completed|restored|approved|scheduled|booked|shipped|submitted|processed|cancell?ed|posted|ready|enrolled|reported|turned on|turned off|removed|added|confirmed)\b|\b(?:we|nous|avons) (?:have )?(?:received|recu|processed|completed|booked|scheduled)\b|\bthank(?:s| you) for (?:your (?!regist|sign|interest|request)|contacting|calling|paying|submitting|visiting|reporting|scheduling|enrolling|shopping)|\b(?:a|ont) ete (?:recue?|modifiee?|signalee?|confirmee?|traitee?|completee?|retablie?|approuvee?|expediee?)\b|\best (?:recue?|annulee?|approuvee?|prete?|confirmee?|completee?|activee?|terminee?)\b|\bmerci (?:d'avoir (?:communique|paye|appele|signale|rempli)|de votre (?!inscription|demande))|\b(?:fue|ha sido|esta|quedo) (?:recibid[oa]|cambiad[oa]|confirmad[oa]|reportad[oa]|list[oa]|complet[oa]|completad[oa]|aprobad[oa]|enviad[oa]|activad[oa]|procesad[oa])\b|\b(?:recibimos|se (?:reporto|recibio|completo|proceso|envio))\b|\bgracias por (?:su (?!registro|inscripcion)|comunicarse|llamar|pagar|contactar|reportar)/
/** "Confirmation code to enter on the page:" */
const TO_ENTER =
  /^ (?:to (?:enter|type|key in)|(?:que vous devez |a )(?:saisir|entrer|inscrire)|(?:para|que debe) (?:ingresar|introducir|escribir))\b(?! (?:at checkout|on your (?:thermostat|meter|keypad)))/
const TOLD = new RegExp(
  `(?:${COMMAND.source}) (?:(?:the|this|your|it|el|este|su|le|ce|votre) ?){0,2}(?:code|confirmation|codigo|it|below|following|[0-9])`,
)
/** A confirmation or access code: of a sign-in, or of a payment, an order, a gate? */
function confirmsSignIn(reading: Reading, mention: Mention): boolean {
  const near = reading.folded.slice(Math.max(0, mention.start - 220), mention.end + 260)
  const { lifetime, notYou } = reading.furniture
  if (TO_ENTER.test(reading.folded.slice(mention.end, mention.end + 50)))
    return !isAboutOther(reading, mention)
  if (DONE.test(near) && !lifetime && !TOLD.test(near)) return false
  if (PAYMENT.test(near)) return (lifetime || notYou) && SIGN_IN_PURPOSE.test(near)
  if (
    /\b(?:authori[sz]|approv|enrol|autori[sz])/.test(mention.phrase) &&
    !lifetime &&
    !notYou &&
    !SIGN_IN_PURPOSE.test(reading.folded)
  )
    return false
  return !isAboutOther(reading, mention)
}

export const OTHER_BUSINESS =
  /\b(?:promo\w{0,8}|coupon|discount|% off|checkout|at check-?out|redeem|voucher|gift|offer|sale|save \$|rebate|referr?al|refer a|raffle|draw|drawing|lottery|sweepstakes|prize|win|winner|won|contest|peak rewards|rewards program|voting|ballot|charger|charging station|key fob|prepaid|prepay|vend|kwh|token on your meter|recharge|shipping|donat\w{1,4}|vault|town hall|assembly|assemblee|asamblea|report (?:it |this )?(?:with|to)|phish\w{0,6}|quarantine|suspicious|attached|attachment|pdf|claim|survey|questionnaire|feedback|meeting|conference|zoom|webinar|dial[ -]in|dial|join|host|gate|door|lock ?box|keypad|counter|cashier|kiosk|to collect|collect your|show (?:this|the|your) code|parking|thermostat|pair your (?!authenticator)|device is|locker|pick ?up|parcel|package|courier|driver|technician|crew|installer|wi-?fi|building|garage|parking|elevator|flight|check-in|reservation|shop|store|cart|rabais|remise|reduction|cadeau|concours|sondage|reunion|conference|livraison|colis|technicien|porte|barriere|magasin|caisse|cupon|descuento|oferta|regalo|sorteo|premio|encuesta|reunion|conferencia|entrega|paquete|tecnico|puerta|tienda|zip file|the zip|backup codes|recovery codes)\b|\d% (?:off|de)/

/** The sentence of a phrase, what leads up to it, and the line above. */
function around({ folded }: Reading, { start, end }: Mention): { before: string; after: string } {
  const before = folded.slice(Math.max(0, start - 110), start)
  const lines = before
    .slice(before.lastIndexOf('\n', before.lastIndexOf('\n') - 1) + 1)
    // A store's number is a field like others, and speaks of no shopping.
    .replace(/^store(?: no\.?| number)?[:\t ]{1,3}#?\d+[^\n]{0,9}\n/, '')
  return { before: lines, after: folded.slice(end, end + 110).split(/\n|[.!?]\s/, 1)[0]! }
}

/** A bare "code" in lines about shopping, meetings, doors or parcels, and not about signing in. */
function isAboutOther(reading: Reading, mention: Mention): boolean {
  const { before, after } = around(reading, mention)
  const phrase = reading.folded.slice(mention.start, mention.end)
  if (isSpoken(before + phrase + after)) return true
  if (mention.kind !== 'strong' && isPromotion(reading, mention) && !reading.furniture.signIn) return true
  if (!OTHER_BUSINESS.test(before + phrase + after)) return false
  return !SIGN_IN.test(
    before
      .split(/[.!?]\s/)
      .at(-1)!
      .slice(-70) +
      phrase +
      after.slice(0, 70),
  )
}

/**
 * "Code d'entreprise", "código de empresa", "your feeder code": a code of something we do not know is a login code only
 * where the message fits. Names, which are written large, are those of the sender as a rule.
 */
function isQualified(reading: Reading, mention: Mention): boolean {
  const { page, folded, furniture } = reading
  const { start, end, phrase } = mention
  if (furniture.signIn || furniture.lifetime || furniture.secrecy) return false
  if (QUALIFIED_AFTER.test(folded.slice(end, end + 24)) && !NAMED_AFTER.test(page.text.slice(end, end + 24)))
    return true
  if (!/^(?:code|pin)$/.test(phrase)) return false
  if (ACCOUNT_WORD.test(folded.slice(Math.max(0, start - 30), start))) return false
  const word = /(?<![\w-])[a-z]{4,20}(?=[ -]$)/.exec(page.text.slice(Math.max(0, start - 24), start))?.[0]
  return word !== undefined && !OWN_WORDS.test(word)
}
const QUALIFIED_AFTER = /^ (?:de la |de l'|de |d'|del |du )(?!votre|su |tu )[a-z]{4,}/
/** "código de Luz Viva": the code's sender, not its kind. */
const NAMED_AFTER = /^ (?:[Dd]e |[Dd]u |[Dd]el |[Dd]')(?:la |l')?[A-Z]/
/** "password assistance code", "user name reminder code": of an account, whatever else it is for. */
const ACCOUNT_WORD =
  /\b(?:password|passkey|user ?name|user id|login|log-in|sign-in|profile)(?: [a-z]{3,12})? $/
/** What stands before "code" and makes it no other code: verbs, pronouns, and what login codes are like. */
const OWN_WORDS =
  /^(?:temp|mobile|services|service|digital|quick|easy|instant|recovery|reset|challenge|resent|fresh|your|this|that|with|following|latest|current|newest|previous|earlier|older|first|second|another|fresh|check|digit|numeric|number|secret|unique|single|temporary|special|above|below|next|same|right|correct|valid|full|whole|short|safety|random|magic|enter|type|typing|entering|using|provide|submit|quote|give|copy|input|paste|here|need|have|want|requested|email|mail|sent|text|texted|portal|online|web|site|website|account|passport|personal|private|dynamic|character|letter|four|five|seven|eight|nine|time|today|matching|required|voici|votre|avec|entrez|saisissez|tapez|inscrivez|utilisez|nouveau|dernier|petit|seul|ingrese|escriba|use|utilice|nuevo|este|otro|digite|introduzca)$/

/** "pay $1.99 with code 331820", in a message that says nothing of signing in. */
function isForPaying({ folded, furniture }: Reading, { start, end }: Mention): boolean {
  const { signIn, lifetime, notYou, secrecy } = furniture
  if (signIn || lifetime || notYou || secrecy) return false
  if (/^[^.\n]{0,40}\bfor (?:[a-z]{2,12} ){0,2}payments?\b/.test(folded.slice(end, end + 80))) return true
  const clause = folded.slice(Math.max(0, start - 40), start)
  if (/\bpay (?:at|in (?:store|person)|in cash|cash)\b[^.\n]*$/.test(clause)) return true
  return /\b(?:pay|paid|paying|payez|pague|pagar|payer)\b[^.\n]*[$€£]\s?\d|[$€£]\s?\d[^.\n]{0,20}\b(?:with?|w\/?|avec|con|using) $/.test(
    clause,
  )
}

const PROMOTION =
  /\b(?:coupon|discount|promo\w{0,8}|rebate|voucher|gift card|checkout|descuento|cupon|rabais|remise)\b|\d ?% (?:off|code|de (?:rabais|descuento|reduction))|\$\d{1,4} (?:off|de descuento|de rabais)/
/** Whether a bargain is spoken of before or right after it. */
export const isPromotion = (
  { folded }: Reading,
  { start, end }: { readonly start: number; readonly end: number },
): boolean => PROMOTION.test(folded.slice(Math.max(0, start - 200), end + 40))

/** "Tell the agent your verification number" */
const TOLD_TO_PERSON =
  /(?:^|[.!?:\n]\s?)(?:please )?(?:tell|give|show|read) (?:the|our|your) (?:agent|representative|operator|technician|driver|crew|clerk|cashier) (?:the|your|this) $/
const PHYSICAL =
  /\b(?:courier|deliver(?:y|ies|ed)|parcel|package|driver|lock|locker|lockbox|padlock|cabinet|door|gate|alarm|keypad|livreur|livraison|colis|serrure|repartidor|entrega|paquete|cerradura)\b/
/** Phrases that name a computer themselves. */
const ONLINE =
  /log|sign|verif|authent|mfa|2fa|portal|web|connex|sesion|session|access token|reset|reinit|restab/
/** A one-time code for a courier or a lock: what stands beside the phrase is not about signing in. */
function isPhysical(reading: Reading, mention: Mention): boolean {
  const { before, after } = around(reading, mention)
  if (TOLD_TO_PERSON.test(before)) return true
  if (ONLINE.test(mention.phrase)) return false
  if (isSpoken(before + after)) return true
  return PHYSICAL.test(before + after) && !SIGN_IN.test(before + after)
}
