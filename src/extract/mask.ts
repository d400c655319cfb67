/**
 * Stretches of visible text whose characters are no candidates at all: web, mail and network addresses, phone
 * numbers, hashes of SMS readers. They are blanked out, length kept, before numbers are looked for. Each with a sign
 * that it cannot be without: most messages have only a few of them.
 */
const NOT_TEXT: readonly (readonly [sign: string, pattern: RegExp])[] = [
  ['://', /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,14}:\/\/[^\s<>"]+/gi],
  ['.', /\bwww\.[^\s<>"]+/gi],
  [':', /\b(?:mailto|tel|sms|cid):[^\s<>"]+/gi],
  // Domains with a path, also bare ones as SMS write them.
  ['.', /(?<![a-z0-9.-])(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,18}(?:[/?#:][^\s<>"]*)/gi],
  ['@', /(?<![^\s<>"'(),;:])[^\s<>"'(),;:@]{1,120}@(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,18}\b/gi],
  [
    '.',
    /(?<![a-z0-9.-])(?:[a-z0-9-]{1,63}\.){1,5}(?:com|org|net|gov|edu|ca|us|info|io|co|energy|gob|mx|fr|es|example|test|invalid|app|online)\b/gi,
  ],
  // GUIDs and colon-separated hardware or IPv6 addresses.
  ['-', /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi],
  [':', /\b(?:[0-9a-f]{1,4}:){3,7}:?[0-9a-f]{1,4}\b/gi],
  ['.', /(?<!\d\.)\b\d{1,3}(?:\.\d{1,3}){3}\b(?!\.\d)/g],
  // Phone numbers: three, three and four, or with a country's number.
  ['', /(?:\+?\b1[-. ]{0,2})?(?:\(\d{3}\) ?|\b\d{3}(?:\t?[-. ]\t?){1,2})\d{3}\t?[-. ]\t?\d{4}\b/g],
  ['+', /\+\d{1,3}(?:[-. ()]{1,2}\d{1,4}){2,6}\b/g],
  ['-', /\b1?[- ]?8(?:00|33|44|55|66|77|88)[- ][A-Z0-9]{1,7}(?:-[A-Z0-9]{1,7}){1,3}\b/g],
  // Hash that Android's SMS retriever looks for.
  ['', /(?<=^|\s)(?=\S{0,10}[+/A-Z])[A-Za-z0-9+/]{11}(?=\s*$)/g],
  // CSS colours and pixel sizes that a broken mail shows as text.
  ['{', /\{[^{}\n]{0,400}\}/g],
  ['', /[-+]?\d{1,5}(?:px|pt|em|rem|vh|vw)\b/gi],
]

const BLANK = '\u0001'

/** Blanks out what is no text. Offsets stay what they were. */
export function maskAddresses(text: string): string {
  let masked = text
  for (const [sign, pattern] of NOT_TEXT) {
    if (masked.includes(sign)) masked = masked.replace(pattern, (found) => BLANK.repeat(found.length))
  }
  return masked
}
