import { INPUT_PLACE } from './lexicon.ts'
import { lastBefore } from './mentions.ts'
import { lastMentionIn, type Place, spokenLine } from './place.ts'
import type { Reading } from './reading.ts'
import { FILLERS, isCue, isTight, wordsOf } from './relations.ts'
import type { Sighting } from './shapes.ts'

/** Whether the reader is told to type it: "enter 482913", "type 31964 to go on", or a line "tapez ceci :" above it. */
export function isCommanded(reading: Reading, s: Sighting, place: Place): boolean {
  if (
    (place.alone || (place.aloneInCell && place.before.trim() === '')) &&
    (isCommandedAbove(reading, place) || TYPE_ABOVE.test(spokenLine(reading, place.line, 1)))
  )
    return true
  if (TYPE_IT.test(place.foldedAfter) || isPlacedAfter(place)) return true
  const command = reading.commands[lastBefore(reading.commands, s.start)]
  if (!command || command.start < s.start - place.sentenceBefore.length) return false
  const gap = reading.folded.slice(command.end, s.start)
  // "by typing the number that we have chosen for you (38820)"
  if (
    gap.length <= 60 &&
    !/\d/.test(gap) &&
    OBJECT.test(gap) &&
    KEYBOARD.test(reading.folded.slice(command.start, command.end))
  )
    return true
  // "ENTER AT PROMPT >>> 551907"
  if (gap.length <= 40 && !/\d/.test(gap) && INPUT_PLACE.test(gap) && /[:=>]\s?$/.test(gap)) return true
  return wordsOf(gap).every((word) => FILLERS.has(word) || GO_BETWEEN.test(word) || INPUT_PLACE.test(word))
}

/** Told after it where to put it: "please put them in the empty field", "tell it to the page". */
function isPlacedAfter(place: Place): boolean {
  if (PUT_INTO.test(place.foldedAfter)) return true
  const match = PLACED.exec(place.foldedAfter.slice(0, 110))
  return (
    match !== null &&
    !/\d{3}|\b(?:not?|never|don't|nor|ne|pas|jamais|nunca)\b/.test(match[0]) &&
    INPUT_PLACE.test(match[0])
  )
}
const PUT_INTO = new RegExp(
  `^["'»”]{0,2} (?:in|into|on|to|dans|sur|en) (?:[\\w-]{1,12}['’ ]){1,3}(?=${INPUT_PLACE.source})`,
)
const PLACED =
  /^[^?\d]{0,70}?\b(?:it|them|this|these|that|l[ea]s?|lo)\b (?:in|into|on|to|at|as|back|dans|sur|a|au|en|al) [^.\n]{3,40}/

/** "482913. Key it in on the page.", "482913; please put them in the empty field" */
export const TYPE_IT =
  /^["'»”)\]]{0,2}(?:\s?[-|]\s?(?:use (?:this|it) (?:to|for)|a utiliser pour|[uú]s[ae]l[oae]s? para)\b|[.!;,]?\s+(?:please |then |and |just )?(?:(?:key|type|enter|paste|put|copy) (?:it|this|that|them)\b|(?:tapez|saisissez|entrez|inscrivez|collez)-l[ea]s?\b|(?:escriba|ingrese|introduzca|pegue|copie|ponga|digite|teclee)l[oae]s?\b))/
/** The line below a number: "Type the digits above", "Enter it on the page". */
const TYPE_ABOVE =
  /^\W{0,3}(?:please |then |now |just |veuillez |merci de |por favor,? )?(?:(?:key|type|enter|paste|put|copy|use|input)(?: in| and paste)? (?:it|this|these|them|the (?:digits|number|figures|characters|letters|code|above|value)|(?:these|this|all) \w{3,10})\b|(?:tapez|saisissez|entrez|inscrivez|copiez|taper|saisir|entrer)(?:-l[ea]s?| (?:ces?|les?|le) (?:chiffres|nombre|numero|caracteres|code))\b|(?:escriba|ingrese|introduzca|copie|digite|teclee)(?:l[oae]s?| (?:estos?|los|el) (?:numeros?|digitos|cifras|caracteres|codigo))\b)/
/** "Anote en la casilla el número …", "reporter la combinaison …" */
const GO_BETWEEN =
  /^(?:code|codigo|pin|clave)s?$|^(?:in|on|into|at|en|dans|sur|numero|chiffres|digitos|numbers|digits|figures|characters|numeros|cifras|these|those|estos|ces|combinaison|combinacion|combination|empty|vide|vacia)$/
const KEYBOARD =
  /^(?:enter|type|typing|entering|key in|input|saisi|entre[rz]|tape|ingres|escrib|introdu|digit|tecle)/
const OBJECT =
  /\b(?:all (?:four|five|six|seven|eight)|number|digits|code|characters|letters|numero|nombre|chiffres|codigo|digitos)\b/

function isCommandedAbove(reading: Reading, place: Place): boolean {
  const above = reading.page.lines[place.line - 1]
  if (!above || above.end - above.start > 300) return false
  const text = reading.folded.slice(above.start, above.end)
  const command = reading.commands[lastBefore(reading.commands, above.end)]
  if (!command || command.start < above.start) return false
  const label = lastMentionIn(reading, above.start, above.end)
  if (
    label &&
    !isCue(label) &&
    label.start > command.start &&
    isTight(reading.folded.slice(label.end, above.end))
  )
    return false
  const rest = reading.folded.slice(command.end, above.end)
  if (/\b(?:following|below|siguientes?|suivante?s?|ci-dessous|abajo|continuacion)\b/.test(rest)) return true
  if (INPUT_PLACE.test(rest) && /\?\s*$/.test(text)) return true
  return /:\s*$/.test(text) || isTight(rest)
}
