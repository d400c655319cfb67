import { startConfirming } from '../handshake/confirming.ts'
import { createSafeFetch } from '../http/safe-fetch.ts'
import { startReconciliation } from '../inbound/sms/reconcile.ts'
import { admitter } from '../outbox/admit.ts'
import { startOutbox } from '../outbox/outbox.ts'
import { type SecondLookDeps, startSecondLooks } from '../receive/second-look.ts'
import { settleCompanies } from '../status/settle.ts'
import { startRetention } from '../store/retention.ts'
import { startRotation } from '../store/rotation.ts'
import { isConfirmingLink } from '../trust/confirmation-link.ts'
import { loadInboxProviders } from '../utilities/inbox-providers.ts'
import type { AppParts } from './app.ts'
import type { BaseOptions } from './base.ts'
import { startEvents } from './events.ts'
import { graceMs } from './grace.ts'
import { startNotices } from './notices.ts'

type BackgroundParts = Pick<
  AppParts,
  'config' | 'base' | 'copies' | 'receiveMessage' | 'twilio' | 'shutdown'
> &
  Pick<BaseOptions, 'providerFetch'> & { readonly receiveDeps: SecondLookDeps }

/** What runs beside the doors: copies, what Twilio kept, second looks, answers to providers, retention. */
export function startBackground(parts: BackgroundParts): void {
  const { config, base, shutdown } = parts
  const { store } = base
  startCopies(parts)
  startEvents(parts)
  startNotices(parts)
  const retention = startRetention(store, {
    codeHours: config.codeRetentionHours,
    bodyDays: config.messageRetentionDays,
    documentDays: config.documentRetentionDays,
    eventDays: config.eventRetentionDays,
  })
  shutdown.front(() => retention.stop())
  const rotation = startRotation(store)
  shutdown.front(() => rotation.stop())
  void settleCompanies(store)
  startReconciling(parts)
  const secondLooks = startSecondLooks({
    ...parts.receiveDeps,
    alone: (round) => store.alone('second looks', round),
  })
  shutdown.front(() => secondLooks.stop())
  if (config.confirmForwarding === 'auto') startAnswering(parts)
}

function startCopies({ config, base, copies, shutdown }: BackgroundParts): void {
  const { store, wakeup, metrics, node } = base
  const outbox = startOutbox({
    store,
    wakeup,
    admit: admitter(node.limits.take),
    couriers: copies.couriers,
    holder: node.holder,
    onResult: ({ courier }, { kind }, ms) => metrics.delivered(courier, kind, ms),
  })
  shutdown.front(() => outbox.close(graceMs(config)))
}

/** Fetches what Twilio kept while we could not be reached. */
function startReconciling({ config, base, receiveMessage, twilio, shutdown }: BackgroundParts): void {
  if (!twilio) return
  const { store } = base
  const reconciliation = startReconciliation({
    client: twilio,
    smsFrom: config.smsFrom,
    listNumbers: store.listNumbers,
    hasMessage: store.hasMessage,
    receive: receiveMessage,
    alone: (round) => store.alone('twilio', round),
  })
  shutdown.front(() => reconciliation.stop())
}

/** Answers mail providers that ask whether mail may be forwarded to us. */
function startAnswering({ base, shutdown, providerFetch }: BackgroundParts): void {
  const { store } = base
  const confirming = startConfirming({
    store,
    fetch: providerFetch ?? createSafeFetch(),
    isConfirming: confirmsByPost(),
    alone: (round) => store.alone('confirming', round),
  })
  shutdown.front(() => confirming.stop())
}

/** Which links of which providers an empty POST answers. */
function confirmsByPost(): (provider: string, link: string) => boolean {
  const { providers } = loadInboxProviders()
  return (id, link) => {
    const provider = providers.get(id)
    return provider?.confirmation.completion === 'post' && isConfirmingLink(link, provider)
  }
}
