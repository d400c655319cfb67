import type { Delivery } from '../domain/delivery.ts'

/** Counts one; answers the limit that is used up, or null. */
type Take = (
  name: 'connection_copies' | 'recipient_copies' | 'recipient_questions',
  key: string,
) => Promise<{ readonly most: number; readonly seconds: number } | null>

/**
 * Decides whether a delivery may leave. Limits hold copies back, never codes: a runner gets every code, and what was
 * not copied says so on the connection. They keep a mistake of ours, or of a company, from flooding a mailbox.
 */
export function admitter(take: Take): (delivery: Delivery) => Promise<string | null> {
  return async ({ kind, connectionId, courier, address }) => {
    const recipient = `${courier}:${address.toLowerCase()}`
    if (kind === 'confirm_recipient') {
      const used = await take('recipient_questions', recipient)
      return used && `dropped: they were asked ${used.most} times in ${spell(used.seconds)}`
    }
    const ofConnection = await take('connection_copies', connectionId)
    if (ofConnection) return dropped(ofConnection, 'this connection')
    const ofRecipient = await take('recipient_copies', recipient)
    return ofRecipient && dropped(ofRecipient, 'this recipient')
  }
}

const dropped = ({ most, seconds }: { most: number; seconds: number }, whose: string): string =>
  `dropped: the limit of copies for ${whose} is ${most} in ${spell(seconds)}`

const spell = (seconds: number): string =>
  seconds === 60 ? 'a minute' : seconds === 86_400 ? 'a day' : `${seconds} seconds`
