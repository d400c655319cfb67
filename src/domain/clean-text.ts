/* Texts that came from outside, made fit to stand in a header, a log or a list of ours. */

/** Line breaks and tabs included; also line and paragraph separators (Zl, Zp). */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu
/** Bidirectional marks and overrides, zero-width characters, soft hyphens, tags: they hide or reorder text. */
const INVISIBLE = /\p{Cf}|\u034f|[\u115f\u1160\u3164\uffa0]|[\ufe00-\ufe0f]/gu

/** One line of text from outside: nothing in it can end a header, hide, or turn around what stands beside it. */
export function cleanLine(text: string, limit: number): string {
  const clean = text.replace(CONTROLS, ' ').replace(INVISIBLE, '').replace(/ {2,}/g, ' ').trim()
  return shorten(clean.isWellFormed() ? clean : clean.toWellFormed(), limit)
}

/** Text from outside that may have several lines. */
export function cleanText(text: string, limit: number): string {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => cleanLine(line, limit))
  return shorten(
    lines
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim(),
    limit,
  )
}

function shorten(text: string, limit: number): string {
  const characters = [...text]
  return characters.length <= limit
    ? text
    : `${characters
        .slice(0, limit - 1)
        .join('')
        .trimEnd()}…`
}
