import { cleanLine } from '../domain/clean-text.ts'

export { cleanLine, cleanText } from '../domain/clean-text.ts'

/*
 * What copies say about times, utilities and texts that came from outside. Rendered from stored facts alone, so
 * that a second send of one delivery reads exactly like the first.
 */

/** `21 November 2026, 07:44:05 UTC`: a reader may be anywhere, and so may the portal. */
export function dateTimeUtc(at: number): string {
  const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(at)
  return `${date}, ${timeUtc(at)}`
}

/** `07:44:05 UTC`. */
export const timeUtc = (at: number): string => `${new Date(at).toISOString().slice(11, 19)} UTC`

/** `10 minutes`, `90 seconds`, `24 hours`: the largest unit that says it exactly. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [size, unit] = (
    [
      [3600, 'hour'],
      [60, 'minute'],
      [1, 'second'],
    ] as const
  ).find(([unitSeconds]) => seconds >= unitSeconds && seconds % unitSeconds === 0) ?? [1, 'second']
  const count = seconds / size
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** How a utility is called towards customers; `nameOf` knows the defined ones. */
export function utilityName(
  utility: string,
  url: string | null,
  nameOf: (utility: string) => string | undefined,
): string {
  const host = url && URL.canParse(url) ? new URL(url).hostname.replace(/^www\./, '') : null
  return cleanLine(nameOf(utility) ?? host ?? 'your utility', 60) || 'your utility'
}
