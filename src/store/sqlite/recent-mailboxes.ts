import type { MailboxContext } from '../../domain/mailbox.ts'

/** Longer than from RCPT to the end of DATA takes, hardly ever more. */
const REMEMBER_MS = 1_000
/** In one second no process takes mail for more mailboxes. */
const MAX_REMEMBERED = 5_000

type Find = (address: string) => MailboxContext | null
type Seen = { readonly context: MailboxContext; readonly at: number }

/**
 * Each message asks twice whose mailbox an address is: at RCPT and when it has come. After each commit SQLite reads
 * its pages anew, which makes that a tenth of what a message costs the main thread. The second question is answered
 * from memory, as long as nothing was written in between that could change the answer.
 *
 * @param forget is to be called when such a write begins and when it ends
 */
export function rememberMailboxes(
  find: Find,
  now: () => number = () => performance.now(),
): { findMailbox: Find; forget(): void } {
  const seen = new Map<string, Seen>()
  return {
    findMailbox(address) {
      const known = seen.get(address)
      // The second question is the last: a third is another message's, and is asked anew.
      if (known && seen.delete(address) && now() - known.at < REMEMBER_MS) return known.context
      const context = find(address)
      if (seen.size >= MAX_REMEMBERED) seen.clear()
      if (context) seen.set(address, { context, at: now() })
      return context
    },
    forget: () => seen.clear(),
  }
}
