import type { Config } from '../../config.ts'
import { createSafeFetch } from '../../http/safe-fetch.ts'
import type { DocumentStore } from '../../store/document-store.ts'
import type { ProvisioningStore } from '../../store/store.ts'
import type { Utilities } from '../../utilities/definition.ts'
import { ANY_TOPIC, BILLS_TOPIC, type Wakeup } from '../../wakeup/wakeup.ts'
import { billIssuer } from './bill-issuer.ts'
import { createBillReader } from './bill-reader.ts'
import { startDocumentWork } from './jobs/work.ts'
import { type MailWorkDeps, startMailWork } from './mail/work.ts'
import { documentRoutes } from './routes.ts'

export type DocumentsDeps = {
  readonly store: DocumentStore &
    Pick<ProvisioningStore, 'getCompany' | 'getConnection'> &
    MailWorkDeps['store']
  readonly wakeup: Pick<Wakeup, 'subscribe'>
  /** Asked for each document, so that changed definitions count at once. */
  readonly utilities: () => Utilities
  readonly settings: Pick<Config, 'documentNetworks' | 'documentPorts'>
  /** Names this process in leases, and before it the one whose place it took. */
  readonly holder: string
}

/** Starts reading documents: the routes that take them in, and the work behind them. */
export async function startDocuments({ store, wakeup, utilities, settings, holder }: DocumentsDeps) {
  // What this process held when it was killed is read now, not when its leases run out.
  await store.releaseItems(holder, 'killed')
  const reader = createBillReader({ issuers: () => [...utilities().values()].map(billIssuer) })
  const fetch = createSafeFetch({
    allowedNetworks: settings.documentNetworks,
    allowedPorts: settings.documentPorts,
  })
  const work = startDocumentWork({ store, fetch, reader, holder })
  const mail = startMailWork({ store, work })
  const unsubscribe = wakeup.subscribe((topic) => {
    if (topic === BILLS_TOPIC || topic === ANY_TOPIC) mail.notify()
  })
  return {
    routes: documentRoutes({ documents: store, store, work }),
    async close() {
      unsubscribe()
      await mail.close()
      await work.close()
      await reader.close()
    },
  }
}
