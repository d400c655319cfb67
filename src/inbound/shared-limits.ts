import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { type LimitCounter, type LimitRules, type Limits, limitsBy, memoryCounter } from './limits.ts'

/** So long nothing is asked of a Redis that did not answer: mail must not wait for it again and again. */
const REST_MS = 5_000

export type SharedLimitsOptions = {
  readonly now?: () => number
  /** ms of a clock that is never set. */
  readonly monotonic?: () => number
}

/**
 * Limits that all nodes count together, in Redis. While it does not answer, each node counts for itself, from nothing:
 * a limit is then worth up to as many times as there are nodes, and nobody is refused for want of Redis.
 */
export function sharedLimits(rules: LimitRules, client: Redis, options: SharedLimitsOptions = {}): Limits {
  const { now = Date.now, monotonic = () => performance.now() } = options
  let restUntil = Number.NEGATIVE_INFINITY
  return limitsBy(rules, now, (name, rule): LimitCounter => {
    const alone = memoryCounter(name, rule)
    const shared = new RateLimiterRedis({
      storeClient: client,
      keyPrefix: `mfa-relay:${name}:${rule.seconds}`,
      points: rule.most,
      duration: rule.seconds,
      rejectIfRedisNotReady: true,
    })
    return {
      async consume(key) {
        if (monotonic() < restUntil) return alone.consume(key)
        try {
          return await shared.consume(unnamed(key))
        } catch (thrown) {
          if (thrown instanceof RateLimiterRes) throw thrown
          restUntil = monotonic() + REST_MS
          return alone.consume(key)
        }
      },
    }
  })
}

/** Whose limit it is, nobody needs to be able to read in Redis. */
const unnamed = (key: string): string => createHash('sha256').update(key).digest('base64url').slice(0, 22)
