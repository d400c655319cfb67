/* How values are written on bills. All take folded text and read from its start. */

/** A value, and where the text goes on behind it. */
export type Parsed<T> = { readonly value: T; readonly end: number }
export type Shape<T> = (text: string) => Parsed<T> | null

export type DateOrder = 'mdy' | 'dmy' | 'unknown'

const MONTHS = [
  /jan(?:uary|vier|v)?/,
  /feb(?:ruary)?|fevr?(?:ier)?/,
  /mar(?:ch|s)?/,
  /apr(?:il)?|avr(?:il)?/,
  /may|mai/,
  /june?|juin/,
  /july?|juil(?:let)?/,
  /aug(?:ust)?|aout/,
  /sept?(?:ember|embre)?/,
  /oct(?:ober|obre)?/,
  /nov(?:ember|embre)?/,
  /dec(?:ember|embre)?/,
].map(({ source }) => source)
const MONTH = `(?<month>${MONTHS.join('|')})\\.?`
const WEEKDAY =
  '(?:(?:le|on) )?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? |(?:lun|mar|mercre|jeu|vendre|same)di |dimanche )?'
const ISO = new RegExp(`^${WEEKDAY}(?<year>\\d{4})[-/.](?<m>\\d{1,2})[-/.](?<day>\\d{1,2})(?!\\d)`)
const SLASHED = new RegExp(
  `^${WEEKDAY}(?<a>\\d{1,2})([-/.])(?<b>\\d{1,2})\\2(?<year>\\d{4}|\\d{2})(?![\\d/])`,
)
const MONTH_FIRST = new RegExp(
  `^${WEEKDAY}${MONTH} (?<day>\\d{1,2})(?:st|nd|rd|th)?,? (?<year>\\d{4})(?!\\d)`,
)
const DAY_FIRST = new RegExp(
  `^${WEEKDAY}(?<day>\\d{1,2})(?:er|st|nd|rd|th)?[ -]${MONTH}[ ,-]+(?<year>\\d{4})(?!\\d)`,
)

const NO_YEAR = new RegExp(`^${WEEKDAY}${MONTH} (?<day>\\d{1,2})(?:st|nd|rd|th)?(?!,? ?\\d)`)

/** The year that a date without one is in, or null where that is not known. */
export type YearOf = (month: number, day: number) => number | null

/** A date as `YYYY-MM-DD`. Slashed ones only where their order is known, without a year only where `yearOf` knows. */
export const dateShape =
  (order: DateOrder, yearOf: YearOf = () => null): Shape<string> =>
  (text) => {
    const dated = ISO.exec(text) ?? MONTH_FIRST.exec(text) ?? DAY_FIRST.exec(text) ?? slashed(text, order)
    const match = dated ?? NO_YEAR.exec(text)
    if (!match?.groups) return null
    const { year, m, month: name = '', day = '' } = match.groups
    const month = m === undefined ? monthNumber(name) : Number(m)
    const fullYear =
      year === undefined ? yearOf(month, Number(day)) : Number(year.length === 2 ? `20${year}` : year)
    const value = fullYear === null ? null : isoDate(fullYear, month, Number(day))
    return value === null ? null : { value, end: match[0].length }
  }

/** The only year that puts a date so many days before or after another; for "Nov 25 - Dec 27" on a dated bill. */
export const yearNear =
  (date: string | null, { before, after }: { before: number; after: number }): YearOf =>
  (month, day) => {
    if (date === null) return null
    const year = Number(date.slice(0, 4))
    const fitting = [year - 1, year, year + 1].filter((one) => {
      const iso = isoDate(one, month, day)
      const distance = iso === null ? Number.NaN : daysBetween(date, iso)
      return distance >= -before && distance <= after
    })
    return fitting.length === 1 ? (fitting[0] ?? null) : null
  }

function slashed(text: string, order: DateOrder): RegExpExecArray | null {
  const match = SLASHED.exec(text)
  if (!match?.groups || order === 'unknown') return null
  const { a = '', b = '' } = match.groups
  match.groups.m = order === 'mdy' ? a : b
  match.groups.day = order === 'mdy' ? b : a
  return match
}

const monthNumber = (name: string): number =>
  1 + MONTHS.findIndex((source) => new RegExp(`^(?:${source})$`).test(name))

/** Null for what is in no calendar, and for years that no bill is from. */
function isoDate(year: number, month: number, day: number): string | null {
  if (year < 1990 || year > 2100) return null
  const date = new Date(Date.UTC(year, month - 1, day))
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return isReal ? date.toISOString().slice(0, 10) : null
}

/** Whether slashed dates have the month or the day first, if any of them tells. */
export function dateOrderOf(texts: readonly string[]): DateOrder {
  let order: DateOrder = 'unknown'
  for (const text of texts)
    for (const [, a, , b] of text.matchAll(
      /(?<![\d/])(\d{1,2})([-/.])(\d{1,2})\2(?:\d{4}|\d{2})(?![\d/])/g,
    )) {
      const tells = Number(a) > 12 ? 'dmy' : Number(b) > 12 ? 'mdy' : 'unknown'
      if (tells === 'unknown') continue
      if (order !== 'unknown' && order !== tells) return 'unknown'
      order = tells
    }
  return order
}

export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)

/** 1,234.50 and 1 234,50; thousands in groups of three. */
const NUMBER = String.raw`(?:\d{1,3}(?:[ ,]\d{3})+|\d+)`
const WHOLE_OR_DECIMAL = new RegExp(`^${NUMBER}(?:[.,]\\d+)?(?![\\d])`)

/** A number; null where a comma could be either, as in "1,234" on a bill that writes decimals with commas. */
export const numberShape =
  (language: 'en' | 'fr'): Shape<number> =>
  (text) => {
    const pattern = language === 'fr' ? /^(?:\d{1,3}(?: \d{3})+|\d+)(?:,\d+)?(?![\d.,]*\d)/ : WHOLE_OR_DECIMAL
    const match = pattern.exec(text)
    if (!match) return null
    const plain = match[0].replaceAll(' ', '')
    const value = Number(language === 'fr' ? plain.replace(',', '.') : plain.replaceAll(',', ''))
    return Number.isFinite(value) ? { value, end: match[0].length } : null
  }

const MONEY = new RegExp(
  `^(?<minus>-|\\()? ?(?:(?:cad|usd|ca|us|c) ?)?(?<sign>\\$)? ?(?<minus2>-)?(?<whole>${NUMBER})[.,](?<cents>\\d{2})(?!\\d)(?: ?\\$)?(?: ?(?:cad|usd))?(?<minus3> ?(?:cr|-|\\)))?`,
)

/** An amount with cents. Credits are negative. */
export const moneyShape: Shape<number> = (text) => {
  const match = MONEY.exec(text)
  if (!match?.groups) return null
  const { minus, minus2, minus3, whole = '', cents } = match.groups
  const amount = Number(`${whole.replace(/[ ,]/g, '')}.${cents}`)
  const isCredit =
    minus !== undefined || minus2 !== undefined || minus3?.trim() === 'cr' || minus3?.trim() === '-'
  return { value: isCredit && amount !== 0 ? -amount : amount, end: match[0].length }
}
