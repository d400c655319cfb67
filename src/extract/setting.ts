import { isCommanded, TYPE_IT } from './commands.ts'
import { isSpoken, OTHER_BUSINESS } from './cue-weight.ts'
import type { Add } from './evidence.ts'
import { INPUT_PLACE, ROLE_AFTER, SIGN_IN } from './lexicon.ts'
import { type Place, spokenLine } from './place.ts'
import type { Reading } from './reading.ts'
import type { Sighting } from './shapes.ts'
import { untilNextNumber } from './spent.ts'

/** Ends of a clause that hand over to what follows: "… is", "… with", "…:". */
const HANDS_OVER =
  /(?:[:=>→⇒↦|\]]|\.\.\.|\p{Extended_Pictographic}\uFE0F?|\b(?:is|are|est|es|son|sont|sera|with|using|avec|con|by|need|needs|tell (?:it|them|us|the page|the site)|(?:send|sending|sent|gave|given|made|chosen) (?:for )?(?:you|to you)|enviamos|envoyons|el|le|here's|voici))\s?["'«“(*[#<-]{0,3}$/u

/** "482913 | Example Gas", "482913 - Example Gas": a number first, then who sends it. */
const SENT_BY = /^\s?[-|([]\s?\p{L}/u

/** Verbs that mean a keyboard; others ("use", "give", "write") need a page or a purpose to go with them. */
const KEYBOARD =
  /\b(?:enter|entering|type|typing|key in|punch in|input|saisir|saisissez|entrez|tapez|taper|inscrivez|ingrese|ingresa|ingresar|introduzca|introduce|escriba|escribe|digite|teclee|teclea)\b[^.]{0,40}$/
/** "Enter 482913" */
const DIRECT =
  /\b(?:pon|ponga|tape|mets|rentrez?|put|enter|type|key in|punch in|saisissez|entrez|tapez|ingrese|introduzca|escriba|digite|teclee) ["'«“(]?$/
const NEEDED =
  /\b(?:need|needs|require[sd]?|il (?:vous )?faut|vous faut|besoin d[eu]|necesitar?a?s?|hace falta|hara falta|(?:confirm(?:e[rz]?)?|unlock|open|finish|complete|prove|verify|validate|deverrouille[rz]|ouvrez|validez|desbloque(?:e|ar)|abra|valide|activate|activez|activer|active|activar|link|connect|recover|register|create|complete[rz]?|termine[rz]?|vincule|lier|reliez)(?: [\w-]{1,12}){0,4} (?:with|using|avec|con)|marque(?: en (?:la )?pantalla)?|continue with|log(?:in)? with|sign in with)(?: (?:the|el|le|la|du|number|numero))?\s?["'«“]?$/
/** Numbers that are said on the phone, written on paper or shown at a counter. */
const NOT_ONLINE =
  /\b(?:call|calls|calling|phone|agent|operator|representative|voice|ivr|letters?|cheques?|(?:on|your) check|envelope|subject line|bank transfer|wire|memo|counter|cashier|in store|in person|dial|press|driver|crew|appelez|appel|lettres?|virement|comptoir|llame|llamada|transferencia|carta|mostrador|ventanilla|booth|door|gate)\b/
/** "Call 800-555-0199 and enter 482913" */
const PHONED =
  /\b(?:call|dial|appelez|composez|llame|marque)\b[^.\n]{0,24}\d{3}[-. ]\d{4},? (?:and|then|et|puis|y|luego)\b[^.\n]{0,30}$/
const TYPED_AFTER =
  /^\W{0,4}(?:please |then |and |just )?(?:key|type|enter|paste|copy) (?:it|this|that|them)\b/
const KEYED_AFTER =
  /^\W{0,4}(?:please |then |and |just )?(?:(?:key|type|enter|paste|copy)(?: in)? (?:it|this|that|them)\b|(?:tape|saisisse|entre|inscrive|colle)z?-l[ea]s?\b|(?:escriba|ingrese|introduzca|pegue|copie|digite|teclee)l[oa]s?\b)/
const ATTACHED = /\b(?:attached|attachment|pdf|zip file|piece jointe|adjunt[oa])\b/
/** "We are asking for this: …" */
const THIS = /\b(?:this|these|ceci|ceux-ci|esto|estos|este)\s?:\s?$/
/** "For the website: 482913", "the site waits for: 482913" */
const FOR_PAGE =
  /\b(?:for|in|into|on|at|the|pour|dans|sur|para|en) (?:the |our |this |your |la |le |el )?(?:\w{1,12} )?(?:web ?site|site|portal|page|screen|prompt|field|box|portail|champ|ecran|portal|pagina|pantalla|campo)\b[^.\n]{0,24}[:=>]\s?["'(]?$/
/** "The portal is expecting", "la page attend", "el sitio le pedirá" */
const EXPECTS = new RegExp(
  `(?:${INPUT_PLACE.source}|\\b(?:browser|computer|navigateur|ordinateur|navegador)\\b)(?: [\\w']{1,10}){0,7} (?:expect(?:s|ing)?|waits? for|waiting for|sees?|wants?(?: to (?:hear|see|have|get))?|asks? for|asking for|needs?|hears?|attend|demande(?:ra)?|veut|espera|pedira|pide|quiere|necesita)\\s["'«“(]?$`,
)
/** "your parcel is 0912-44" */
export const NOUN_IS =
  /\b(?:your|our|votre|notre|su|tu) (?!(?:number|answer|turn|choice|key|word|secret|token)\b)[a-z]{3,20} (?:is|est|es)\s?:?\s?$/
const COUNTED =
  /\b(?:attempts|times|sign-ins|logins|visits|sessions|users|devices|total|average|count|number of|tentatives|intentos|nombre de|cantidad de)\b[^.]{0,30}$/

/**
 * Weighs what the reader is to do with the number: type it, sign in with it. True when that alone says that it is
 * the code. `told` is the weight of what names it, null when nothing does.
 */
export function weighUse(
  reading: Reading,
  s: Sighting,
  place: Place,
  told: number | null,
  add: Add,
): boolean {
  if (told !== null && told < 0) return false
  const isNamed = told !== null && told >= 4
  const around = `${place.sentenceBefore} ${place.clauseAfter.replace(/\b(?:or|ou|o)\b.*$/, '')}`
  const typed = isCommanded(reading, s, place)
  const isPage =
    INPUT_PLACE.test(place.sentenceAfter.slice(0, 60)) ||
    INPUT_PLACE.test(place.sentenceBefore) ||
    (TYPE_IT.test(place.foldedAfter) && INPUT_PLACE.test(place.foldedAfter.slice(0, 80)))
  const aboutSignIn = SIGN_IN.test(place.sentenceBefore) || SIGN_IN.test(place.sentenceAfter)
  const role = ROLE_AFTER.test(place.sentenceAfter)
  if (isNamed) {
    if (typed || role) add(0.5, 'the reader is told to type it')
    return typed || role
  }
  const above = place.alone ? spokenLine(reading, place.line, -1) : ''
  const spoken = isSpoken(`${place.sentenceBefore} ${untilNextNumber(place.sentenceAfter)}`)
  if ((spoken && !typed) || ATTACHED.test(around + above)) {
    add(-4, 'is to be said on the phone or opens an attachment')
    return false
  }
  if (PHONED.test(place.sentenceBefore)) {
    add(-6, 'is to be keyed in on the phone')
    return false
  }
  if (
    NOT_ONLINE.test(around) &&
    !aboutSignIn &&
    !(typed && (KEYBOARD.test(place.sentenceBefore) || TYPED_AFTER.test(place.foldedAfter)))
  ) {
    add(-3, 'is for the phone, for paper or for a counter')
    return false
  }
  if (typed)
    add(
      place.alone || KEYBOARD.test(place.sentenceBefore) || KEYED_AFTER.test(place.foldedAfter) ? 4.6 : 3.6,
      'the reader is told to type it',
    )
  if (typed && !place.alone && DIRECT.test(place.sentenceBefore)) add(1, 'it is all that is to be typed')
  if (typed && !aboutSignIn && OTHER_BUSINESS.test(around + place.sentenceAfter))
    add(-4, 'the sentence is about something else')
  if (typed && (aboutSignIn || (isPage && !OTHER_BUSINESS.test(place.sentenceAfter))))
    add(isPage && !aboutSignIn ? 1.8 : 1.4, 'it says where or what for it is typed')
  if (role) add(typed ? 0.5 : 5, 'it says what the reader gets by it')
  if (typed || role) return true
  return weighLead(reading, place, aboutSignIn, add)
}

/** Weighs a sentence that leads to the number without a command. */
function weighLead(reading: Reading, place: Place, aboutSignIn: boolean, add: Add): boolean {
  if (COUNTED.test(place.sentenceBefore)) {
    add(-3, 'is a count of something')
    return false
  }
  if (NOUN_IS.test(place.sentenceBefore)) return false
  if (EXPECTS.test(place.sentenceBefore)) {
    add(5, 'a page or a field waits for it')
    return true
  }
  if (aboutSignIn && NEEDED.test(place.sentenceBefore)) add(5, 'is needed to sign in')
  else if (NEEDED.test(place.sentenceBefore) && !reading.furniture.business)
    add(3.7, 'is needed for something')
  else if (aboutSignIn && HANDS_OVER.test(place.foldedBefore))
    add(3.8, 'a sentence about signing in leads to it')
  else {
    if (aboutSignIn && !place.inSubject) add(2.2, 'stands in a sentence about signing in')
    else if (HANDS_OVER.test(place.foldedBefore) || (place.leads && SENT_BY.test(place.foldedAfter))) {
      const meant = THIS.test(place.sentenceBefore) || FOR_PAGE.test(place.sentenceBefore)
      add(meant ? 3.5 : 2.2, 'the sentence leads to it')
    } else if (INPUT_PLACE.test(place.sentenceBefore)) add(1, 'the sentence is about a page or a field')
    if (/["“«]$/.test(place.before) && /^\.?["”»]/.test(place.after)) add(1.5, 'stands in quotation marks')
    return false
  }
  return true
}
