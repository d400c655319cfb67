const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** RFC 5322 §4.3, hours from UTC. Other names, the military ones too, count as UTC. */
const ZONE_HOURS: Readonly<Record<string, number>> = {
  edt: -4,
  est: -5,
  cdt: -5,
  cst: -6,
  mdt: -6,
  mst: -7,
  pdt: -7,
  pst: -8,
}
const MAIL_DATE =
  /^(?:[a-z]{3,9}\.?,?\s+)?(\d{1,2})[\s-]+([a-z]{3})[a-z]{0,6}\.?[\s-]+(\d{4}|\d{2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d{1,9})?\s*(?:([+-]\d{2}):?(\d{2})|"?([a-z]{1,5})"?)?\s*(?:\(.*\))?$/i
const ISO_DATE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/i
const EARLIEST = Date.UTC(1990, 0)
const LATEST = Date.UTC(2100, 0)

/**
 * The instant of a Date header (RFC 5322 §3.3, the obsolete forms of §4.3, and ISO 8601, which some senders
 * write), ms UTC, or null. `Date.parse` would guess at anything, and take a missing zone for this machine's.
 */
export function parseDate(value: string): number | null {
  const date = value.trim()
  if (date.length > 200) return null
  const at = parseMailDate(date) ?? parseIsoDate(date)
  return at !== null && at >= EARLIEST && at < LATEST ? at : null
}

function parseMailDate(date: string): number | null {
  const [, day, monthName = '', year = '', hour, minute, second, zoneHours, zoneMinutes, zoneName] =
    MAIL_DATE.exec(date) ?? []
  const month = MONTHS.indexOf(monthName.toLowerCase())
  if (month < 0) return null
  const at = Date.UTC(fullYear(year), month, Number(day), Number(hour), Number(minute), Number(second ?? 0))
  const offset = zoneHours
    ? Number(zoneHours) * 60 + Number(`${zoneHours[0]}${zoneMinutes}`)
    : (ZONE_HOURS[zoneName?.toLowerCase() ?? ''] ?? 0) * 60
  return at - offset * 60_000
}

/** Two digits: RFC 5322 §4.3. */
function fullYear(year: string): number {
  if (year.length === 4) return Number(year)
  return Number(year) + (Number(year) < 50 ? 2000 : 1900)
}

function parseIsoDate(date: string): number | null {
  const zone = ISO_DATE.exec(date)
  if (!zone) return null
  const at = Date.parse(zone[1] ? date : `${date}Z`)
  return Number.isNaN(at) ? null : at
}
