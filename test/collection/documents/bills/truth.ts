/* What a synthetic bill says, before it is laid out: the answers that a reader is measured against. */

export type Service = 'electric' | 'gas' | 'water'
export type UsageTruth = { readonly value: number; readonly unit: string }
export type MeterTruth = {
  readonly number: string
  readonly service: Service
  readonly previous: number
  readonly current: number
  readonly multiplier: number
  readonly usage: UsageTruth
  /** kW, for electric meters of businesses. */
  readonly demand: number | null
}
export type Truth = {
  readonly accountNumber: string
  readonly serviceAddress: string
  readonly billDate: string
  readonly dueDate: string
  readonly from: string
  readonly to: string
  readonly days: number
  readonly amountDue: number
  readonly currency: 'USD' | 'CAD'
  readonly meters: readonly MeterTruth[]
  /** Figures beside the point that a reader must not take for the ones above. */
  readonly decoys: {
    readonly previousBalance: number
    readonly paid: number
    readonly lateFee: number
    readonly lastUsage: number
    readonly yearAgoUsage: number
    readonly dailyAverage: number
  }
}

export type Random = {
  /** A whole number from low to high, both possible. */
  int(low: number, high: number): number
  digits(count: number): string
  pick<T>(from: readonly T[]): T
}

/** mulberry32: small, and the same everywhere. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return {
    int,
    digits: (count) => Array.from({ length: count }, (_, i) => int(i === 0 ? 1 : 0, 9)).join(''),
    pick: (from) => from[int(0, from.length - 1)] as (typeof from)[number],
  }
}

export type TruthPlan = {
  readonly seed: number
  readonly currency: 'USD' | 'CAD'
  readonly services: readonly Service[]
  readonly units: Readonly<Partial<Record<Service, string>>>
  readonly addresses: readonly string[]
  readonly accountDigits: number
  readonly monthDays?: number
  readonly hasDemand?: boolean
}

const DAY_MS = 86_400_000
const isoDay = (at: number): string => new Date(at).toISOString().slice(0, 10)
const cents = (value: number): number => Math.round(value * 100) / 100

const USAGE: Readonly<Record<string, readonly [number, number]>> = {
  kWh: [310, 4900],
  therms: [18, 260],
  CCF: [12, 190],
  m3: [14, 420],
  gallons: [1200, 9800],
}

export function makeTruth(plan: TruthPlan): Truth {
  const random = randomOf(plan.seed)
  const from = Date.UTC(2026, random.int(0, 9), random.int(1, 28))
  const days = random.int((plan.monthDays ?? 30) - 2, (plan.monthDays ?? 30) + 2)
  const to = from + days * DAY_MS
  const billAt = to + random.int(2, 5) * DAY_MS
  const meters = plan.services.map((service) => makeMeter(random, plan, service))
  const main = meters[0]?.usage.value ?? 500
  return {
    accountNumber: random.digits(plan.accountDigits),
    serviceAddress: random.pick(plan.addresses),
    billDate: isoDay(billAt),
    dueDate: isoDay(billAt + random.int(18, 24) * DAY_MS),
    from: isoDay(from),
    to: isoDay(to),
    days,
    amountDue: cents(random.int(4_000, 190_000) / 100),
    currency: plan.currency,
    meters,
    decoys: {
      previousBalance: cents(random.int(4_000, 90_000) / 100),
      paid: cents(random.int(4_000, 90_000) / 100),
      lateFee: cents(random.int(150, 2_000) / 100),
      lastUsage: main + random.int(3, 90),
      yearAgoUsage: main + random.int(91, 200),
      dailyAverage: cents(main / days),
    },
  }
}

function makeMeter(random: Random, plan: TruthPlan, service: Service): MeterTruth {
  const unit = plan.units[service] ?? 'kWh'
  const [low, high] = USAGE[unit] ?? [10, 900]
  const multiplier = service === 'electric' && plan.hasDemand ? 20 : 1
  const difference = Math.max(1, Math.round(random.int(low, high) / multiplier))
  const previous = random.int(10_000, 80_000)
  return {
    number: random.digits(random.pick([7, 8, 9])),
    service,
    previous,
    current: previous + difference,
    multiplier,
    usage: { value: difference * multiplier, unit },
    demand: plan.hasDemand && service === 'electric' ? random.int(110, 990) / 10 : null,
  }
}
