import { canonicalInbox } from '../domain/inbox-address.ts'
import type { LoopFinder, LoopTraces } from '../domain/loop.ts'
import type { MailboxContext } from '../domain/mailbox.ts'
import type { Reading } from '../domain/reading.ts'
import type { Reason } from '../domain/verdict.ts'

/** How our own copies are recognised. */
export type LoopSigns = {
  /** Where our copies come from, and who we are in Received fields. */
  readonly relayFrom: string
  readonly mailDomain: string
  /** `selector/domain` of our own signature; null when copies are not signed. */
  readonly signer: string | null
  /** Whether a loop header was written by us. */
  readonly isOurMark: (value: string) => boolean
  /** Whether a stop link was written by us. */
  readonly isOurStopToken: (token: string) => boolean
  /** Whether this code was copied to somebody for this connection since then. */
  readonly wasCopied: (connectionId: string, code: string, since: number) => Promise<boolean>
  /** Mail of ours that is sent in order to come back, such as the proof of a forwarding rule. Default: none. */
  readonly isExempt?: (traces: LoopTraces) => boolean
}

/** RFC 5321 §6.3 asks for a count of at least 100; with a customer's forwards before us, mail has 15 at most. */
const MAX_HOPS = 50
const MAX_OWN_HOPS = 2
/** A copy comes back at once or not at all; a portal may send the same code anew at any time. */
const ECHO_MS = 600_000

/**
 * Finds our own copies among what comes in. A customer's rule that forwards everything sends our copy back, and
 * were it read as a code there would be another copy, without end.
 */
export function loopFinder(signs: LoopSigns): LoopFinder {
  return async (reading, found, context, receivedAt) => {
    const { traces } = reading
    if (traces && !signs.isExempt?.(traces)) {
      const reason = ownCopy(signs, traces) ?? tooManyHops(signs, traces)
      if (reason) return reason
    }
    return (await isEcho(signs, reading, found, context, receivedAt))
      ? reasonOf(
          'loop_same_code',
          'It repeats a code that was copied a moment ago, and comes from who got the copy',
        )
      : null
  }
}

const reasonOf = (code: string, text: string): Reason => ({ code, text })

function ownCopy(signs: LoopSigns, traces: LoopTraces): Reason | null {
  if (traces.marks.some(signs.isOurMark)) {
    return reasonOf('loop_own_mark', 'It is one of our own copies: it bears our signed loop header')
  }
  if (traces.stopTokens.some(signs.isOurStopToken)) {
    return reasonOf('loop_own_link', 'It holds one of our own copies: the link that ends them is in its text')
  }
  if (traces.from === signs.relayFrom.toLowerCase()) {
    return reasonOf('loop_own_sender', 'Its From address is the one that our copies come from')
  }
  if (signs.signer !== null && traces.signers.includes(signs.signer.toLowerCase())) {
    return reasonOf('loop_own_signature', 'It bears a signature of the key that our copies are signed with')
  }
  return null
}

function tooManyHops({ mailDomain }: LoopSigns, { receivedBy, hops }: LoopTraces): Reason | null {
  const own = receivedBy.filter((host) => host === mailDomain.toLowerCase()).length
  if (own >= MAX_OWN_HOPS) {
    return reasonOf('loop_passed_here', `It passed through ${mailDomain} ${own} times before`)
  }
  if (hops <= MAX_HOPS) return null
  return reasonOf('loop_hops', `It passed through ${hops} mail servers: it is going round`)
}

/**
 * Some mail programs forward by writing a new message, and no trace of ours is left in it. Then only this is known:
 * who sends it got our copy, and the code is the one that was in it. The utility's own mail never comes from there.
 */
async function isEcho(
  { wasCopied }: LoopSigns,
  { summary }: Reading,
  { extraction }: Reading['perMailbox'][number],
  { connection, recipients }: MailboxContext,
  receivedAt: number,
): Promise<boolean> {
  if (extraction.kind !== 'code' || summary.sender === null) return false
  const sender = canonicalInbox(summary.sender)
  const getsCopies = recipients.some(({ address }) => canonicalInbox(address) === sender)
  if (!getsCopies && !connection.inboxAddresses.includes(sender)) return false
  return wasCopied(connection.id, extraction.code, receivedAt - ECHO_MS)
}
