import { log } from '../../../log.ts'
import type { DocumentStore } from '../store.ts'
import { type ItemDeps, workItem } from './work-item.ts'

export type DocumentWorkDeps = Omit<ItemDeps, 'store' | 'now'> & {
  readonly store: DocumentStore
  /** Names this process in leases. */
  readonly holder: string
  readonly now?: () => number
}

export type DocumentWork = {
  /** There may be something to do: a job was made. A hint; nothing is lost without it. */
  notify(): void
  /** Lets the items at hand end, and gives back the leases of the rest. */
  close(): Promise<void>
}

/** Longer than fetching and reading take together, so that nobody else takes an item that is in good hands. */
const LEASE_MS = 5 * 60_000
/** So long other nodes' jobs wait at most to be noticed. */
const POLL_MS = 30_000
/** Fetching waits; while it does, another document is read. */
const LANES = 2
const AFTER_FAULT_MS = 2_000

/** Works off the items of jobs, from now until it is closed. */
export function startDocumentWork({ now = Date.now, ...deps }: DocumentWorkDeps): DocumentWork {
  const { store, holder } = deps
  let isClosed = false
  const wakers = new Set<() => void>()

  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        wakers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      timer.unref()
      wakers.add(wake)
    })
  const wakeAll = (): void => {
    for (const wake of [...wakers]) wake()
  }

  /** False when nothing was due. */
  async function workNext(): Promise<boolean> {
    const item = await store.claimItem({ holder, now: now(), leaseUntil: now() + LEASE_MS })
    if (item) await workItem({ ...deps, now }, item)
    return item !== null
  }

  async function lane(): Promise<void> {
    while (!isClosed) {
      try {
        if (await workNext()) continue
        const nextAt = await store.nextItemAt()
        if (!isClosed)
          await wait(Math.min(POLL_MS, Math.max(0, (nextAt ?? Number.POSITIVE_INFINITY) - now())))
      } catch (error) {
        log.fault({ where: 'document work', error })
        if (!isClosed) await wait(AFTER_FAULT_MS)
      }
    }
  }

  const lanes = Array.from({ length: LANES }, lane)
  return {
    notify: wakeAll,
    async close() {
      isClosed = true
      wakeAll()
      await Promise.all(lanes)
      await store.releaseItems(holder)
    },
  }
}
