/**
 * What `String.matchAll` finds, with one pattern for all texts: that one makes a new pattern for each, and looking up what
 * was compiled for it costs more than a search through a short message.
 *
 * @param pattern global, and never matches nothing
 */
export function allMatches(
  text: string,
  pattern: RegExp,
  limit = Number.POSITIVE_INFINITY,
): RegExpExecArray[] {
  const matches: RegExpExecArray[] = []
  pattern.lastIndex = 0
  while (matches.length < limit) {
    const match = pattern.exec(text)
    if (!match) break
    matches.push(match)
  }
  pattern.lastIndex = 0
  return matches
}
