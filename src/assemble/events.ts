import type { Config } from '../config.ts'
import { createSafeFetch, type SafeFetchSettings } from '../http/safe-fetch.ts'
import { log } from '../log.ts'
import { startEventOutbox } from '../outbox/webhook/outbox.ts'
import type { Store } from '../store/store.ts'
import { EVENTS_TOPIC, type Wakeup } from '../wakeup/wakeup.ts'
import type { AppParts } from './app.ts'
import { graceMs } from './grace.ts'

const DAY_MS = 86_400_000

/** Where companies' endpoints may be. */
export const webhookReach = (
  config: Pick<Config, 'webhookNetworks' | 'webhookPorts' | 'webhookHttp'>,
): SafeFetchSettings => ({
  allowedNetworks: config.webhookNetworks,
  allowedPorts: config.webhookPorts,
  allowHttp: config.webhookHttp,
})

/** Starts to send events to companies' endpoints, after what this process held when it was killed. */
export function startEvents({
  config,
  base,
  shutdown,
}: Pick<AppParts, 'config' | 'base' | 'shutdown'>): void {
  const { store, node, metrics, utilities } = base
  const starting = store
    .releaseEvents(node.holder, Date.now())
    .catch((error: unknown) => log.outboxFailed({ error }))
    .then(() =>
      startEventOutbox({
        store,
        wakeup: node.wakeup,
        holder: node.holder,
        fetch: createSafeFetch(webhookReach(config)),
        nameOf: (id) => utilities.current().get(id)?.name,
        disableAfterMs: config.webhookDisableDays * DAY_MS,
        onResult: (result, ms) => metrics.delivered('webhook', result, ms),
      }),
    )
  shutdown.front(async () => (await starting).close(graceMs(config)))
}

/** What may have written an event. */
const TELLING = [
  'createConnection',
  'updateConnection',
  'configureMfa',
  'closeAttempt',
  'applyDiagnosis',
  'investigate',
  'settleCompany',
  'addDocument',
  'updateWebhook',
  'sendTestEvent',
  'replayDelivery',
  'replayEvents',
] as const satisfies readonly (keyof Store)[]

/** The store, which announces what companies may have to hear; found without that too, only later. */
export function announcing(store: Store, { notify }: Pick<Wakeup, 'notify'>): Store {
  const announced = TELLING.map((method) => {
    const write = store[method] as (...args: unknown[]) => Promise<unknown>
    const andNotify = async (...args: unknown[]): Promise<unknown> => {
      const result = await write(...args)
      notify(EVENTS_TOPIC)
      return result
    }
    return [method, andNotify]
  })
  return { ...store, ...Object.fromEntries(announced) }
}
