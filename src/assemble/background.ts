import { startReconciliation } from '../inbound/sms/reconcile.ts'
import { admitter } from '../outbox/admit.ts'
import { startOutbox } from '../outbox/outbox.ts'
import { settleCompanies } from '../status/settle.ts'
import { startRetention } from '../store/retention.ts'
import { startRotation } from '../store/rotation.ts'
import type { AppParts } from './app.ts'
import { startEvents } from './events.ts'
import { startNotices } from './notices.ts'

/** What runs beside the doors: copies, what Twilio kept, retention. */
export function startBackground(
  parts: Pick<AppParts, 'config' | 'base' | 'copies' | 'receiveMessage' | 'twilio' | 'shutdown'>,
): void {
  const { config, base, copies, receiveMessage, twilio, shutdown } = parts
  const { store, wakeup, metrics, node } = base
  const outbox = startOutbox({
    store,
    wakeup,
    admit: admitter(node.limits.take),
    couriers: copies.couriers,
    holder: node.holder,
    onResult: ({ courier }, { kind }, ms) => metrics.delivered(courier, kind, ms),
  })
  shutdown.front(() => outbox.close((config.shutdownSeconds * 1000) / 2))
  startEvents({ config, base, shutdown })
  startNotices({ config, base, copies, shutdown })
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
  if (!twilio) return
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
