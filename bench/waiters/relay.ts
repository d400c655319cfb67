import { openBase } from '../../src/assemble/base.ts'
import { loadConfig } from '../../src/config.ts'
import { createApp } from '../../src/http/app.ts'
import { createAuth } from '../../src/http/auth.ts'
import { startHttp } from '../../src/http/server.ts'
import { startLog } from '../../src/log.ts'
import { runnerRoutes } from '../../src/runner/routes.ts'
import { createTotpCodes } from '../../src/runner/totp.ts'
import { createWaiters } from '../../src/runner/waiters.ts'
import { Shutdown } from '../../src/shutdown.ts'
import { codeRecord, HOUR } from '../../test/store/samples.ts'
import { CODE, type Runner } from './stage.ts'

/*
 * The relay's own store, waiters, routes and HTTP server in a process that its parent may ask to give hints, to write a
 * code for one who waits, and to count what the store is asked. Mail and copies are left out.
 */

export type RelayOrder =
  | { readonly kind: 'hint'; readonly topics: readonly string[] }
  /** Writes a code and claims it in the same commit, as `receive` does. */
  | { readonly kind: 'save'; readonly runner: Runner }
  | { readonly kind: 'count' }
export type FromRelay =
  | { readonly kind: 'ready'; readonly port: number }
  /** `at`: ns of the monotonic clock, as text. */
  | { readonly kind: 'hinted'; readonly at: string }
  /** `at`: when the commit was on disk. */
  | { readonly kind: 'saved'; readonly at: string }
  | { readonly kind: 'counted'; readonly calls: number; readonly waiting: number }

const say = (message: FromRelay): void => void process.send?.(message)

const config = loadConfig(process.env)
startLog(config.logLevel)
const base = await openBase(config, {}, new Shutdown())
const { metrics, wakeup } = base
let calls = 0
const store = new Proxy(base.store, {
  get(target, name) {
    const method = Reflect.get(target, name)
    if (typeof method !== 'function') return method
    return (...args: unknown[]) => {
      calls += 1
      return method.apply(target, args)
    }
  },
})
const rules = { clockSkewMs: config.clockSkewSeconds * 1000, offerCandidates: true }
const waiters = createWaiters({ store, wakeup, metrics, rules })
const totp = createTotpCodes({ store, metrics })
const auth = createAuth({ store, adminKeyHash: base.adminKey.hash })
const app = createApp({ auth, metrics, routes: [runnerRoutes({ store, wakeup, waiters, totp })] })
const { port } = await startHttp({ app, host: config.httpHost, port: 0 })

const monotonic = (): string => process.hrtime.bigint().toString()

async function save(runner: Runner): Promise<void> {
  const offers = waiters.offersAt(runner.source)
  const claims = offers.map(({ claim }) => claim)
  const now = Date.now()
  const record = codeRecord(runner.connectionId, { code: CODE, receivedAt: now, expiresAt: now + HOUR })
  const result = await base.store.saveAndClaim?.([record], claims)
  const at = monotonic()
  for (const [index, offer] of offers.entries()) offer.take(result!.claims[index]!)
  say({ kind: 'saved', at })
}

process.on('message', (order: RelayOrder) => {
  if (order.kind === 'save') return void save(order.runner)
  if (order.kind === 'count') {
    say({ kind: 'counted', calls, waiting: waiters.count() })
    return
  }
  const at = monotonic()
  for (const topic of order.topics) wakeup.notify(topic)
  say({ kind: 'hinted', at })
})
process.on('disconnect', () => process.exit(0))
say({ kind: 'ready', port })
