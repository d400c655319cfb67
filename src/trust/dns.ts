import { Resolver } from 'node:dns/promises'
import type { DnsTiming } from '../domain/reading.ts'

/** Asks DNS; answers and errors are those of Node's `resolve`. */
export type DnsLookup = (name: string, type: string) => Promise<unknown>

/** One query waits this long at most, and is asked again once. */
const QUERY_TIMEOUT_MS = 1500
const QUERY_TRIES = 2

/**
 * A resolver of our own, so that a slow name server holds up nothing else in the process.
 *
 * @param servers addresses with optional ports; empty: the system's
 */
export function createDnsLookup(servers: readonly string[]): DnsLookup {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES })
  if (servers.length > 0) resolver.setServers(servers)
  return (name, type) => resolver.resolve(name, type)
}

/**
 * The same lookup, which also notes how long each question took.
 *
 * @returns with `take`, which hands out what was noted since it was last called
 */
export function timedLookup(lookup: DnsLookup): { lookup: DnsLookup; take: () => DnsTiming[] } {
  let noted: DnsTiming[] = []
  const note = (type: string, result: DnsTiming['result'], startedAt: number): void => {
    // Nobody takes them while messages are stuck: enough is known by then.
    if (noted.length < MOST_NOTED) noted.push({ type, result, ms: performance.now() - startedAt })
  }
  return {
    async lookup(name, type) {
      const startedAt = performance.now()
      try {
        const answer = await lookup(name, type)
        note(type, 'found', startedAt)
        return answer
      } catch (error) {
        note(type, isNothingThere(error) ? 'nothing' : 'failed', startedAt)
        throw error
      }
    },
    take() {
      const taken = noted
      noted = []
      return taken
    },
  }
}

const MOST_NOTED = 1_000

/** Codes with which DNS says that there is nothing; with any other it did not answer. */
const NOTHING_THERE = new Set(['ENOTFOUND', 'ENODATA'])
export const isNothingThere = (error: unknown): boolean =>
  NOTHING_THERE.has(String((error as { code?: unknown } | null)?.code))

export type LookupBudget = {
  /** After this time every question of the message fails with ETIMEOUT, asked or not. */
  readonly budgetMs: number
  /** No message may ask more questions; the rest fail with ETIMEOUT. */
  readonly maxQuestions: number
  /** Called just before the code that waited for an answer goes on. */
  readonly onAnswer: () => void
}

/** DNS for one message: each question is asked once, within a budget of time and number. */
export function lookupForMessage(lookup: DnsLookup, budget: LookupBudget): DnsLookup & { end(): void } {
  const asked = new Map<string, Promise<unknown>>()
  let expire: (error: Error) => void = () => {}
  const expired = new Promise<never>((_resolve, reject) => {
    expire = reject
  })
  expired.catch(() => {})
  const timer = setTimeout(() => expire(tookTooLong()), budget.budgetMs)

  const ask = async (name: string, type: string): Promise<unknown> => {
    if (asked.size > budget.maxQuestions) throw tookTooLong()
    try {
      return await Promise.race([lookup(name, type), expired])
    } finally {
      budget.onAnswer()
    }
  }
  const once = (name: string, type: string): Promise<unknown> => {
    const question = `${type} ${name.toLowerCase()}`
    const known = asked.get(question)
    if (known) return known
    const answer = ask(name, type)
    answer.catch(() => {})
    asked.set(question, answer)
    return answer
  }
  return Object.assign(once, { end: () => clearTimeout(timer) })
}

const tookTooLong = (): Error => Object.assign(new Error('DNS took too long'), { code: 'ETIMEOUT' })
