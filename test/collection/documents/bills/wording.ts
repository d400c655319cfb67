/* How dates and figures are written in the two languages. */

const EN = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October']
const MONTHS_EN = [...EN, 'November', 'December']
const FR = ['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre']
const MONTHS_FR = [...FR, 'novembre', 'décembre']

const parts = (iso: string): [string, number, string] => [
  iso.slice(0, 4),
  Number(iso.slice(5, 7)),
  iso.slice(8),
]

/** 09/05/2026 */
export const usDate = (iso: string): string => `${iso.slice(5, 7)}/${iso.slice(8)}/${iso.slice(0, 4)}`
/** 09/05/26 */
export const shortUsDate = (iso: string): string => `${iso.slice(5, 7)}/${iso.slice(8)}/${iso.slice(2, 4)}`
/** Sep 5, 2026 */
export function wordDate(iso: string): string {
  const [year, month, day] = parts(iso)
  return `${MONTHS_EN[month - 1]?.slice(0, 3)} ${Number(day)}, ${year}`
}
/** September 5, 2026 */
export function longDate(iso: string): string {
  const [year, month, day] = parts(iso)
  return `${MONTHS_EN[month - 1]} ${Number(day)}, ${year}`
}
/** 5 septembre 2026; the first is "1er". */
export function frenchDate(iso: string): string {
  const [year, month, day] = parts(iso)
  const number = Number(day)
  return `${number === 1 ? '1er' : number} ${MONTHS_FR[month - 1]} ${year}`
}

/** 1,234 or 1,234.50 */
export const enNumber = (value: number, decimals = 0): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
/** 1 234 or 1 234,50, with no-break spaces as French typesetting has them. */
export const frNumber = (value: number, decimals = 0): string =>
  enNumber(value, decimals).replace('.', ';').replaceAll(',', '\u00a0').replace(';', ',')

export const dollars = (value: number): string => `$${enNumber(value, 2)}`
export const frDollars = (value: number): string => `${frNumber(value, 2)} $`
