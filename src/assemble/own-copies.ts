import type { Config } from '../config.ts'
import { loopFinder } from '../inbound/loops.ts'
import type { CourierSet } from '../outbox/couriers.ts'
import { proofSender } from '../outbox/email/proof.ts'
import type { Base } from './base.ts'

/** How our own copies are known when a customer's rule sends them back. */
export function findOwnCopies(config: Config, { store }: Base, { links, loopMarks }: CourierSet) {
  return loopFinder({
    relayFrom: config.relayFrom || `codes@${config.mailDomain}`,
    mailDomain: config.mailDomain,
    signer: config.dkimKey ? `${config.dkimSelector}/${config.dkimDomain || config.mailDomain}` : null,
    isOurMark: (value) => loopMarks.verify(value) !== null,
    isOurStopToken: (token) => links.read('stop', token, 0).kind !== 'invalid',
    wasCopied: store.wasCopied,
    // Test mail is sent in order to come back; it holds no code, so it cannot go round.
    isExempt: ({ from }) => from === proofSender(config.mailDomain),
  })
}
