import type { InboundMessage } from '../../domain/message.ts'
import { readCheckToken } from '../../domain/number-check.ts'
import { log } from '../../log.ts'
import type { NumberCheckStore } from '../../store/store.ts'

/**
 * Lets our own test messages to our own numbers end here: they prove the way, and are no mail of anybody's. All else
 * goes on, also a text that only looks like one of ours.
 *
 * @param receive resolves once the message is durable
 */
export function takingChecks<T>(
  store: Pick<NumberCheckStore, 'noteNumberCheck'>,
  receive: (message: InboundMessage) => Promise<T>,
): (message: InboundMessage) => Promise<T | null> {
  return async (message) => {
    const token = message.channel === 'sms' ? readCheckToken(message.body) : null
    if (message.channel !== 'sms' || token === null) return receive(message)
    if (!(await store.noteNumberCheck(message.recipient, token, message.receivedAt))) return receive(message)
    log.numberChecked({ door: message.door })
    return null
  }
}
