import type { Config } from '../config.ts'
import { createTotpCodes, type TotpCodes } from '../runner/totp.ts'
import { createWaiters, type Waiters } from '../runner/waiters.ts'
import type { Base } from './base.ts'

/** Where runners wait for codes: those that arrive, and those of authenticators. */
export function openCodes(
  config: Pick<Config, 'clockSkewSeconds' | 'newSenders'>,
  { store, wakeup, metrics }: Pick<Base, 'store' | 'wakeup' | 'metrics'>,
): { waiters: Waiters; totp: TotpCodes } {
  const waiters = createWaiters({
    store,
    wakeup,
    metrics,
    rules: {
      clockSkewMs: config.clockSkewSeconds * 1000,
      offerCandidates: config.newSenders === 'candidate',
    },
  })
  metrics.watch('waiters', 'Runners waiting for a code.', waiters.count)
  return { waiters, totp: createTotpCodes({ store, metrics }) }
}
