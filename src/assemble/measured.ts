import { statfs } from 'node:fs/promises'
import type { Config } from '../config.ts'
import type { Reading } from '../domain/reading.ts'
import type { Metrics } from '../http/metrics.ts'
import type { ByteBudget } from '../inbound/byte-budget.ts'
import type { ReaderPool } from '../inbound/reader-pool.ts'
import type { ReceiveDeps } from '../receive.ts'
import type { Store } from '../store/store.ts'
import type { Base } from './base.ts'

/* Where the steps of a message's way are timed, and the queues along it are watched. */

/** Reading, timed step by step, with what was read counted by utility. */
export function measuredRead(
  { read }: ReaderPool,
  metrics: Pick<Metrics, 'read' | 'extracted'>,
  isKnown: (utility: string) => boolean,
): ReceiveDeps['read'] {
  return async (message, addressees) => {
    const startedAt = performance.now()
    const reading = await read(message, addressees)
    metrics.read(reading.timings, performance.now() - startedAt)
    for (const [index, { context }] of addressees.entries()) {
      if (!context) continue
      const { utility } = context.connection
      metrics.extracted(isKnown(utility) ? utility : 'other', resultOf(reading, index))
    }
    return reading
  }
}

/** A code, or why there is none: `ambiguous` and `unmatched` are worth telling apart. */
function resultOf({ perMailbox }: Reading, index: number): string {
  const extraction = perMailbox[index]?.extraction
  return extraction?.kind === 'none' ? extraction.reason : (extraction?.kind ?? 'none')
}

/** How long it takes until a message is on disk. */
export function measuredSave<S extends Pick<Store, 'saveInbound' | 'saveAndClaim'>>(
  store: S,
  { step }: Pick<Metrics, 'step'>,
): S {
  const timed =
    <A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      const startedAt = performance.now()
      try {
        return await work(...args)
      } finally {
        step('save', performance.now() - startedAt)
      }
    }
  const { saveInbound, saveAndClaim } = store
  return {
    ...store,
    saveInbound: timed(saveInbound),
    ...(saveAndClaim ? { saveAndClaim: timed(saveAndClaim) } : {}),
  }
}

/** What could fill up: which queue is full, what is due and not sent, how much room there is. */
export function watchQueues(
  { store, metrics, readers }: Pick<Base, 'store' | 'metrics' | 'readers'>,
  config: Pick<Config, 'dataDir' | 'maxBufferedBytes' | 'maxMessagesInFlight'>,
  { budget, inFlight }: { budget: ByteBudget; inFlight: () => number },
): void {
  metrics.watchEach({ name: 'queue_depth', help: 'What waits or is worked on.', label: 'queue' }, () => ({
    messages: inFlight(),
    readers: readers.pending(),
    ...store.queues?.(),
  }))
  metrics.watch('messages_in_flight_limit', 'So many are taken in at once.', () => config.maxMessagesInFlight)
  metrics.watch('buffered_bytes', 'Bytes of messages being taken in.', () => budget.held)
  metrics.watch('buffered_bytes_limit', 'Beyond it senders come again.', () => config.maxBufferedBytes)
  metrics.watch('deliveries_due', `Copies that are due, counted to ${MOST_DUE}.`, () =>
    store.countDueDeliveries(Date.now(), MOST_DUE),
  )
  metrics.watch('oldest_due_delivery_age_seconds', 'How late the oldest due copy is.', async () => {
    const dueAt = await store.nextDeliveryAt()
    return dueAt === null ? 0 : Math.max(0, Date.now() - dueAt) / 1000
  })
  metrics.watch('data_dir_free_bytes', 'Room on the disk of DATA_DIR.', async () => {
    const { bavail, bsize } = await statfs(config.dataDir)
    return bavail * bsize
  })
}

const MOST_DUE = 10_000
