import { log } from '../log.ts'
import type { FindMailbox } from './recipients.ts'

/** One message that a door refused because its mailbox is retired. */
export type Refused = {
  readonly address: string
  readonly connectionId: string
  /** MAIL FROM, or the number that texted. */
  readonly sender: string
  readonly at: number
}

/** Told by the doors; must return at once. */
export type OnRefused = (refused: Refused) => void

/** Where a mailbox is looked up to be accepted: tells of those that are retired, and so will be refused. */
export const tellingOfRetired =
  (
    findMailbox: FindMailbox,
    tell: (mailbox: { address: string; connectionId: string }) => void,
  ): FindMailbox =>
  async (address) => {
    const context = await findMailbox(address)
    if (context !== null && context.mailbox.retiredAt !== null) tell(context.mailbox)
    return context
  }

/** Beyond so many addresses at once nothing is counted: it says no more, and must not fill the memory. */
const MOST_ADDRESSES = 1_000

/**
 * Counts refusals beside the doors. While one is written the others are added up in memory, so that somebody who
 * sends on and on costs the store one write at a time.
 */
export function refusalCounter(deps: {
  /** Writes it down. */
  readonly count: (refused: Refused & { readonly count: number }) => Promise<void>
  /** Called once it is written. */
  readonly onCounted?: (connectionId: string) => void
}): { readonly refused: OnRefused; close(): Promise<void> } {
  const waiting = new Map<string, Refused & { count: number }>()
  let running: Promise<void> | null = null

  const write = async (): Promise<void> => {
    for (let next = first(waiting); next; next = first(waiting)) {
      waiting.delete(next.address)
      try {
        await deps.count(next)
        deps.onCounted?.(next.connectionId)
      } catch (error) {
        // Losing one is no harm, and the disk that refused it is reported by those whom it harms.
        log.refusalNotCounted({ error })
      }
    }
  }
  const start = (): void => {
    running ??= write().finally(() => {
      running = null
      if (waiting.size > 0) start()
    })
  }
  return {
    refused(refused) {
      const known = waiting.get(refused.address)
      if (!known && waiting.size >= MOST_ADDRESSES) return
      waiting.set(refused.address, { ...refused, count: (known?.count ?? 0) + 1 })
      start()
    },
    async close() {
      await running
    },
  }
}

const first = <T>(map: ReadonlyMap<string, T>): T | undefined => map.values().next().value
