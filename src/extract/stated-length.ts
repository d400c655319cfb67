import { allMatches } from './matches.ts'

const COUNTS: Readonly<Record<string, number>> = {
  ...{ four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10 },
  ...{ quatre: 4, cinq: 5, sept: 7, huit: 8, neuf: 9, dix: 10 },
  ...{ cuatro: 4, cinco: 5, seis: 6, siete: 7, ocho: 8, nueve: 9, diez: 10 },
}
const STATED = new RegExp(
  `\\b(?:(${Object.keys(COUNTS).join('|')}|[4-9]|10)[ -](?:digits?|figures|characters|letters|numbers|numerals|chiffres|caracteres|lettres|digitos|cifras|letras|numeros)|(?:these|those|all) (four|five|six|seven|eight|nine|ten))\\b`,
  'g',
)
/** "(10 digits)", "these six": how long the code is, where the message says it. */
export function statedLengths(folded: string): ReadonlySet<number> {
  const lengths = new Set<number>()
  for (const match of allMatches(folded, STATED)) {
    const word = match[1] ?? match[2]!
    lengths.add(COUNTS[word] ?? Number(word))
  }
  return lengths
}
