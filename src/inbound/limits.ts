import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { log } from '../log.ts'

/** What is counted: copies made, questions asked, messages taken, recipients refused. */
export type LimitName =
  | 'connection_copies'
  | 'recipient_copies'
  | 'recipient_questions'
  | 'host_messages'
  | 'host_unknown_recipients'

export type LimitRule = { readonly most: number; readonly seconds: number }
export type LimitRules = Readonly<Record<LimitName, readonly LimitRule[]>>

/** Counts by key in windows of time. Small, so that a store shared by several nodes can stand behind it. */
export type Limits = {
  /** Counts one. Null: within all limits; otherwise the limit that is used up until its window ends. */
  take(name: LimitName, key: string): Promise<LimitRule | null>
}

/** One rule's counter; rejects with a `RateLimiterRes` when the rule is used up. */
export type LimitCounter = { consume(key: string): Promise<unknown> }

/** Limits of one process, in its memory. */
export const memoryLimits = (rules: LimitRules, now: () => number = Date.now): Limits =>
  limitsBy(rules, now, memoryCounter)

export const memoryCounter = (name: LimitName, rule: LimitRule): LimitCounter =>
  new RateLimiterMemory({ keyPrefix: name, points: rule.most, duration: rule.seconds })

/**
 * A window is a stretch of the clock, the same for every key: the clock is handed in, and nodes that share a counter
 * agree where a window ends.
 */
export function limitsBy(
  rules: LimitRules,
  now: () => number,
  makeCounter: (name: LimitName, rule: LimitRule) => LimitCounter,
): Limits {
  const counters = new Map(
    Object.entries(rules).map(([name, list]) => [
      name,
      list.map((rule) => ({ rule, counter: makeCounter(name as LimitName, rule) })),
    ]),
  )
  return {
    async take(name, key) {
      for (const { rule, counter } of counters.get(name) ?? []) {
        const window = Math.floor(now() / (rule.seconds * 1000))
        if (!(await isWithin(counter, `${key}@${window}`))) return rule
      }
      return null
    },
  }
}

/** A counter that fails must not cost a code: it lets everything pass. */
async function isWithin(counter: LimitCounter, key: string): Promise<boolean> {
  try {
    await counter.consume(key)
    return true
  } catch (thrown) {
    if (thrown instanceof RateLimiterRes) return false
    log.fault({ where: 'rate limits', error: thrown })
    return true
  }
}

/** The settings that limits are made from; see docs/config.md. */
export type LimitSettings = {
  readonly copiesPerMinute: number
  readonly copiesPerDay: number
  readonly recipientCopiesPerMinute: number
  readonly recipientCopiesPerDay: number
  readonly hostMessagesPerMinute: number
  readonly hostUnknownRecipients: number
}

const MINUTE = 60
const DAY = 86_400
/** Whoever has not answered five questions will not answer the sixth. */
const QUESTIONS_PER_DAY = 5
/** How long unknown recipients are held against a host. */
const PROBING_SECONDS = 600

export const limitRules = (settings: LimitSettings): LimitRules => ({
  connection_copies: [
    { most: settings.copiesPerMinute, seconds: MINUTE },
    { most: settings.copiesPerDay, seconds: DAY },
  ],
  recipient_copies: [
    { most: settings.recipientCopiesPerMinute, seconds: MINUTE },
    { most: settings.recipientCopiesPerDay, seconds: DAY },
  ],
  recipient_questions: [{ most: QUESTIONS_PER_DAY, seconds: DAY }],
  host_messages: [{ most: settings.hostMessagesPerMinute, seconds: MINUTE }],
  host_unknown_recipients: [{ most: settings.hostUnknownRecipients, seconds: PROBING_SECONDS }],
})

/**
 * What counts as one host: an IPv4 address, or the /64 that an IPv6 address is in, since one machine has all of
 * those addresses.
 */
export function hostKey(address: string): string {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const whole = [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0')]
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  return `${[...whole, ...rest]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
