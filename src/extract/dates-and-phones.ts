import type { Sighting } from './shapes.ts'
import type { Surroundings } from './vetoes.ts'

/** Whether digits in three groups can be a day. */
export function isDate(shown: string): boolean {
  const parts = shown.split(/[-.]/).map(Number)
  const [a, b, c] = parts as [number, number, number]
  const day = (n: number) => n >= 1 && n <= 31
  const month = (n: number) => n >= 1 && n <= 12
  if (shown.search(/\D/) === 4) return month(b) && day(c) && a >= 1900 && a < 2100
  return shown.length === 10 && ((month(a) && day(b)) || (day(a) && month(b)))
}

/** Whether a run, with what stands before and after it, is a telephone number. */
export function isPhone(s: Sighting, { before, foldedBefore, after }: Surroundings): boolean {
  const called =
    !/^ (?:en (?:la )?pantalla|a l'ecran|on (?:the|your) screen)\b/.test(after) &&
    /\b(?:call|phone|tel|telephone|fax|dial|ring|text us|reach us|contact us|appelez|composez le|telephonez|sans frais|llame|llamar|marque|telefono|mobile|cell|tty|tdd|toll[- ]free|hotline|helpline|711)\b(?![^.\n\d]{0,24}\b(?:enter|entering|typing|type|using|use|with|code|pin|passcode|verification|validation|login|sign)\b)[^.\n\d]{0,24}(?:1[-. ]?)?\(?$/.test(
      foldedBefore,
    )
  if (/^\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}$/.test(s.shown) || /\(\d{3}\)\s?$/.test(before)) return true
  if (/(?:^|\s|\()\+?\d{1,3}[-. ]\(?$/.test(before) && s.shown.length >= 7 && /\D/.test(s.shown)) return true
  if (/\+$/.test(before)) return true
  if (/^0\d(?: \d\d){4}$/.test(s.shown)) return true
  if (/^\d{3}[-. ]\d{4}$/.test(s.shown))
    return /\d{3}[-. )]{1,2}$/.test(before) || called || /^\s?(?:ext|x\d)/.test(after)
  return (called && (s.code.length >= 7 || /[- ]/.test(s.shown))) || (called && s.code.length === 3)
}
