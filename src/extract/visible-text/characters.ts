/** Characters that take no room on a page: soft hyphens, joiners, direction marks, variation selectors, keycaps. */
const INVISIBLE =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each of these is removed by itself
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\u3164\ufe00-\ufe0f\ufeff\uffa0]/g
/** UTF-8 spaces read as Windows-1252, and what a wrong charset left where a space stood between digits. */
const MISREAD_SPACE = /â€[€\u0081‚ƒ„…†‡ˆ‰Š¯]|Â\u00a0|(?<=\d)\ufffd(?=\d)/g
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g
const FULLWIDTH = /[\uff01-\uff5e]/g
const FOREIGN_DIGIT = /[^\u0000-\u007f]/u
const DIGIT = /\p{Nd}/gu
const DASHES = /[\u2010-\u2013\u2212\ufe63]/g
/** A dash that parts two thoughts, often without spaces; it never groups digits. */
const LONG_DASHES = /[\u2014\u2015\ufe58]/g
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g
const PLAIN_ASCII = /^[\t\n\r\u0020-\u007e]*$/

/** Value of a decimal digit of any script: digits of one script stand in a row of ten from its zero. */
function digitValue(digit: string): string {
  const code = digit.codePointAt(0)!
  if (code < 0x80) return digit
  // Mathematical digits are the one block that does not begin at a multiple of ten or sixteen.
  if (code >= 0x1d7ce && code <= 0x1d7ff) return String((code - 0x1d7ce) % 10)
  let zero = code
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1
  return String(code - zero)
}

/** Writes text the way the rest of the extractor reads it: ASCII digits, plain spaces and dashes, nothing unseen. */
export function normalise(text: string): string {
  if (PLAIN_ASCII.test(text)) return text
  const plain = text
    .replace(MISREAD_SPACE, ' ')
    .replace(INVISIBLE, '')
    .replace(CONTROL, '')
    .replace(SPACES, ' ')
    .replace(DASHES, '-')
    .replace(LONG_DASHES, ' - ')
    .replace(FULLWIDTH, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
  return FOREIGN_DIGIT.test(plain) ? plain.replace(DIGIT, digitValue) : plain
}

const FOLDED = Array.from({ length: 0x250 }, (_, code) => {
  const base = String.fromCharCode(code).normalize('NFD')[0]!.toLowerCase()
  return base.length === 1 ? base : String.fromCharCode(code)
})
const APOSTROPHES = new Set([0x2018, 0x2019, 0x02bc, 0x00b4, 0x0060])

/**
 * Lower case without accents, character for character, so that offsets in the folded text are offsets in the
 * original. Lexicon and templates are matched on it.
 */
export function fold(text: string): string {
  if (PLAIN_ASCII.test(text)) return text.toLowerCase()
  let folded = ''
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (APOSTROPHES.has(code)) folded += "'"
    else if (code < 0x250) folded += FOLDED[code]!
    else {
      const lower = text[i]!.toLowerCase()
      folded += lower.length === 1 ? lower : text[i]!
    }
  }
  return folded
}
