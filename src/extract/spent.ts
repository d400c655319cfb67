import type { Place } from './place.ts'

/** Verbs that say, after a code, that its life is over: "code 482913 has expired", "a servi à ouvrir une session". */
const OVER =
  /\b(?:has|have|had|is|are|was|were|been|got|gets|being)(?: (?:already|now|just|since|been|also|successfully|then|recently|automatically))* (?:expired|used|entered|replaced|superseded|cancell?ed|invalidated|invalid|deactivated|disabled|void(?:ed)?|revoked|withdrawn|redeemed|consumed|rejected|incorrect|wrong|accepted|out of date|outdated|dead)\b|\b(?:already|just|successfully) (?:used|expired|entered)\b|\b(?:didn'?t|did not|doesn'?t|isn'?t|not|wasn'?t) (?:work\w{0,3}|accepted|good)\b|\bsays (?:it is |it's )?(?:invalid|wrong|expired)\b|\b(?:succeeded|checked out|went through|was (?:correct|right|good|verified)|matched what)\b|\b(?:a|ont) (?:reussi|fonctionne)\b|\b(?:funciono|tuvo exito|fue (?:correcto|correcta))\b|\b(?:is|was) (?:no good|spent|used up|not (?:valid|right|correct|recogni[sz]ed|accepted|found))\b|\b(?:has|have|had) (?:run out|timed out|lapsed)\b|\btoo late\b|\btrop tard\b|\b(?:llego|ingreso) tarde\b|^\W{0,3}(?:did not|didn't|could not|couldn't|failed|n'a pas|no (?:coincidio|funciono|sirvio))\b|^\W{0,3}(?:(?:that|which) )?(?:expired|timed out|ran out|lapsed|stopped working)\b|^\s?[([]\s?(?:already )?(?:used|replaced|cancell?ed|void|old|invalid|superseded|utilise|expire(?! (?:in|at|on|en|dans|le|after)\b)|remplace|annule|perime|usado|vencido|caducado|anulado|reemplazado)\b|\ba (?:deja )?(?:expire|servi|ete (?:\w{1,10} )?(?:utilise|remplace|annule|employe|saisi|desactive|invalide|entre))\b|\best (?:maintenant |desormais |deja |donc )?(?:expire|perime|echu|annule|invalide|caduc|perdu)\b|\b(?:ha|fue|esta|ya|quedo) (?:ya |sido )?(?:vencido|caducado|expirado|usado|utilizado|reemplazado|sustituido|anulado|cancelado|invalido|vencio|caduco|expiro|desactivado|ingresado)\b|\b(?:vencio|caduco|expiro|se (?:uso|utilizo|vencio|anulo|cancelo|ha usado|ha utilizado))\b/
/** Says so of now, or of a time to come: "no longer works", but not "no longer works after 10 minutes". */
const NO_MORE =
  /\b(?:no longer (?=\w)|not any more|no more|won't work|will not work|doesn't work|does not work|don't work|can't be used|cannot be used|stops working|n'est plus|ne (?:fonctionne|marche|sert|vaut) plus|n'a plus|ya no|deja de|dejo de|no (?:sirve|funciona|vale))\b/
const IN_FUTURE =
  /\b(?:(?:at|on|by|a|a las|around) \d|tomorrow|tonight|soon|after|once|when|past|beyond|in \d|in a|in ten|until|unless|if|more than|by (?:anyone|others)|twice|again|elsewhere|apres|dans|une fois|lorsque|si|au-dela|plus tard|despues|cuando|una vez|si|dentro|pasad[oa]s?|tras|expires?)\b/
/** What makes an ending conditional: "use 482913 before it has expired", "if this code has expired". */
const CONDITION =
  /\b(?:if|unless|once|when|before|after|until|whether|in case|si|avant|apres|quand|lorsque|une fois|cuando|antes|despues|hasta)\b/

/** Adjectives and verbs before a code that say it is not the one to use. */
const BEFORE =
  /\b(?:previous|earlier|old|older|prior|former|expired|used|outdated|superseded|original|invalid|wrong|incorrect|ancien|precedent|anterior|viejo|vencido|caducado|expirado|usado|antiguo|perime|expire)\b(?: (?:\w|-){1,16}){0,5}(?: \([^()\n]{1,40}\))?[ :#"'«“(-]{0,4}$|\b(?:tried|attempted|essaye|intentado)\s?:?\s?$|\b(?:locked|blocked|suspended|cancell?ed|voided|revoked|withdrew|withdrawn|deactivated|invalidated|retired|annule|annulee|desactive|cancelado|anulado|cancelamos|anulamos|anulo|cancelo)(?: (?:the|your|this|le|la|votre|el|su|tu|code|codigo|one|verification|security|pin|sign-in|login|user|access|de|passcode)){1,6}[ :#"'«“(-]{0,4}$|\b(?:replaces|replacing|supersedes|superseding|instead of|in place of|rather than|ignore|disregard|discard|forget|delete|do not use|don't use|do not enter|don't enter|not|no longer use|remplace|annule|au lieu de?|plutot que|ignorez|oubliez|n'utilisez (?:pas|plus)|ne saisissez (?:pas|plus)|reemplaza|sustituye|en lugar de|en vez de|ignore|olvide|no use|no utilice|no ingrese|descarte)(?: (?:a|al|the|any|your|our|le|la|el|su|votre|code|codigo|one|previous|earlier|old|verification|security|pin|email|message|with|avec|con|that|ending|sent|de|verificacion)){0,6}[ :#"'«“(-]{0,4}$|\b(?:vous avez|vous venez d'|on a|quelqu'un a) ?(?:utilise|saisi|entre|tape|employe|essaye|utiliser)(?: (?:le|la|un|code|de|verification|securite|avec)){0,4}[ :#"'«“(-]{0,4}$|(?<!\b(?:su|tu|el) )\b(?:connectee?|entro|entraste|ingreso|accedio) (?:avec|con|usando)(?: (?:le|el|un|code|codigo|su|la|clave|de|verificacion)){0,4}[ :#"'«“(-]{0,4}$|\b(?:uso|usaste|utilizo|probo|intento) (?:el|su|tu|la) (?:codigo|clave|pin)[ :#"'«“(-]{0,4}$|\b(?:you|we|someone|somebody|they) (?:have |has )?(?:just |recently |successfully )?(?:used|entered|typed|accepted|received|tried|guessed|attempted|stopped|blocked|rejected|refused)(?: (?:the|a|code|verification|security|one-time|your|passcode|correct|right|wrong)){0,4}[ :#"'«“(-]{0,4}$|\b(?:signed|logged) in (?:with|using|by)(?: (?:the|a|code|verification|security|one-time|your|passcode)){0,4}[ :#"'«“(-]{0,4}$/
const NOT_REALLY_BEFORE =
  /\b(?:(?:until|once|after|when|before|unless|if|whether) (?:you|we)|not (?:yet )?(?:expired|used)|requested earlier|never used|be used|not only)\b/

/** "You signed in on 9 April at 07:18 with the code 440127" */
const SIGNED_IN_WITH =
  /\b(?:you (?:have )?(?:signed|logged) (?:in|on)|vous etes connectee?s?|ouvert (?:une |votre )?session|(?:inicio|ha iniciado) sesion|(?:ingreso|accedio|entro|se conecto) a)\b[^.!?]{0,90}\b(?:with|using|by|avec|con|usando) (?:(?:the|le|el|la|code|codigo|verification|security|one-time|de|securite|verificacion) ?){1,4}[:"'«“ ]*$/

/** How far after a code a verb still speaks of it. */
const REACH = 130

/** Whether the words around a sighting say that it no longer works: used, expired, replaced. */
export function isSpent(place: Place): boolean {
  const after = untilNextNumber(place.sentenceAfter.slice(0, REACH))
  if (isOver(after)) return true
  if (SIGNED_IN_WITH.test(place.sentenceBefore)) return true
  const before = place.clauseBefore
  return BEFORE.test(before) && !NOT_REALLY_BEFORE.test(before)
}

/** "(previous codes no longer work)": what ends are other codes. */
const OTHERS =
  /\b(?:previous|earlier|old|older|prior|other|former|any|all|anterior\w{0,2}|precedents?|anciens?|autres?|otros?)\b[^.\n\d]{0,20}\b(?:codes?|ones?|passcodes?|pins?|messages?|codigos?)\b|\b(?:codes?|codigos?) (?:precedents?|anterior(?:es)?|anciens?)\b/

function isOver(rest: string): boolean {
  const others = OTHERS.exec(rest)
  const after = others ? rest.slice(0, others.index) : rest
  const over = OVER.exec(after)
  if (
    over &&
    !CONDITION.test(after.slice(0, over.index)) &&
    !/\bto be\b|^ ?(?:is|will be) used to\b/.test(over[0])
  )
    return !isPurpose(after, over)
  const noMore = NO_MORE.exec(after)
  if (!noMore || CONDITION.test(after.slice(0, noMore.index))) return false
  return !IN_FUTURE.test(after.slice(noMore.index + noMore[0].length, noMore.index + 60))
}

/** "482913 is used to verify" tells what a code is for, not that it was spent. */
const isPurpose = (after: string, over: RegExpExecArray): boolean =>
  /^(?:is|being) (?:used|entered)$/.test(over[0]) &&
  /^ (?:to|for|when|as|by|on|only|once|at)\b/.test(after.slice(over.index + over[0].length))

/** Times of day do not end the clause; another number that could be a code does. */
export function untilNextNumber(text: string): string {
  const next = /(?<![\d:.])\d{4,}/.exec(text)
  return next ? text.slice(0, next.index) : text
}
