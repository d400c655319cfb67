import { fold } from './visible-text/characters.ts'

const MONTHS: readonly (readonly [number, RegExp])[] = [
  [1, /^(?:jan|ene|gen)/],
  [2, /^(?:feb|fev)/],
  [3, /^(?:mar|mrz)/],
  [4, /^(?:apr|avr|abr)/],
  [5, /^(?:may|mai|mag|mei)/],
  [6, /^(?:jun|juin|giu)/],
  [7, /^(?:jul|juil|lug)/],
  [8, /^(?:aug|aou|ago)/],
  [9, /^(?:sep|set)/],
  [10, /^(?:oct|okt|ott|out)/],
  [11, /^nov/],
  [12, /^(?:dec|dic|dez)/],
]

/**
 * When a forwarded message was sent, as its header block says it in any of many languages; only good for telling
 * which of two is newer. Null when no day or no time of day can be made out.
 */
export function readSentDate(value: string): number | null {
  const text = fold(value.slice(0, 120))
  const time = /\b(\d{1,2})(?::| h |h)(\d{2})(?::(\d{2}))?\s?(a\.?\s?m|p\.?\s?m)?/.exec(text)
  const day = readDay(time ? text.replace(time[0], ' ') : text)
  if (!time || !day) return null
  const hour = (Number(time[1]) % (time[4] ? 12 : 24)) + (time[4]?.startsWith('p') ? 12 : 0)
  return Date.UTC(day.year, day.month - 1, day.day, hour, Number(time[2]), Number(time[3] ?? 0))
}

function readDay(text: string): { year: number; month: number; day: number } | null {
  const iso = /\b(\d{4})-(\d{2})-(\d{2})\b/.exec(text)
  if (iso) return { year: Number(iso[1]), month: Number(iso[2]), day: Number(iso[3]) }
  const slashed = /\b(\d{1,2})[/.](\d{1,2})[/.](\d{2,4})\b/.exec(text)
  if (slashed)
    return { year: (Number(slashed[3]) % 100) + 2000, month: Number(slashed[1]), day: Number(slashed[2]) }
  const year = /\b(20\d{2})\b/.exec(text)?.[1]
  const day = /\b(\d{1,2})(?:st|nd|rd|th|er)?\b/.exec(text)?.[1]
  const month = (text.match(/[a-z]{3,}/g) ?? [])
    .map((word) => MONTHS.find(([, pattern]) => pattern.test(word) && !/^mar(?:di|tes)/.test(word))?.[0])
    .find((found) => found !== undefined)
  return year && day && month ? { year: Number(year), month, day: Number(day) } : null
}
