import { log } from '../../../log.ts'
import type { DocumentStore } from '../../../store/document-store.ts'
import { createBell } from './bell.ts'
import { type ItemDeps, workItem } from './work-item.ts'

export type DocumentWorkDeps = Omit<ItemDeps, 'store' | 'now' | 'stop'> & {
  readonly store: DocumentStore
  /** Names this process in leases. */
  readonly holder: string
  readonly now?: () => number
}

export type DocumentWork = {
  /** There may be something to do: a job was made. A hint; nothing is lost without it. */
  notify(): void
  /** Leaves the items at hand as they are and gives them back. Close this before the reader. */
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
  const stopping = new AbortController()
  const { signal: stop } = stopping
  const bell = createBell(stop)

  /** False when nothing was due. */
  async function workNext(): Promise<boolean> {
    const item = await store.claimItem({ holder, now: now(), leaseUntil: now() + LEASE_MS })
    if (item) await workItem({ ...deps, now, stop }, item)
    return item !== null
  }

  async function lane(): Promise<void> {
    while (!stop.aborted) {
      const heard = bell.hear()
      try {
        if (await workNext()) continue
        const dueIn = ((await store.nextItemAt()) ?? Number.POSITIVE_INFINITY) - now()
        await bell.sleep(Math.min(POLL_MS, Math.max(0, dueIn)), heard)
      } catch (error) {
        log.fault({ where: 'document work', error })
        await bell.sleep(AFTER_FAULT_MS, heard)
      }
    }
  }

  const lanes = Array.from({ length: LANES }, lane)
  return {
    notify: bell.ring,
    async close() {
      stopping.abort()
      bell.ring()
      await Promise.all(lanes)
      await store.releaseItems(holder, 'stopped')
    },
  }
}
