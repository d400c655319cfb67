import { log } from '../log.ts'
import type { StatusStore } from '../store/store.ts'

/** What one write moves. */
const STEP = 50

/** At the start: finishes deactivations and reactivations of companies that a crash left half way. */
export async function settleCompanies(
  store: Pick<StatusStore, 'listUnsettled' | 'settleCompany'>,
  now: () => number = Date.now,
): Promise<void> {
  try {
    for (const id of await store.listUnsettled()) {
      while ((await store.settleCompany(id, now(), STEP)) > 0);
    }
  } catch (error) {
    log.fault({ where: 'settling companies', error })
  }
}
