import type { Answers } from '../domain/answer.ts'
import { judgeReports } from '../domain/bounce.ts'
import { log } from '../log.ts'
import type { OutboxStore } from '../store/store.ts'

/**
 * What mail systems answer to our copies, bound to the deliveries that they answer.
 *
 * @param parse reads a return path; only those with a valid signature name a delivery
 */
export function answersTo(
  store: Pick<OutboxStore, 'getDelivery' | 'noteBounce'>,
  parse: (recipient: string) => string | null,
): Answers {
  return {
    deliveryOf: parse,
    find: store.getDelivery,
    async note(delivery, { reports = [] }, now) {
      const bounce = judgeReports(reports, delivery.address)
      if (bounce === null) return
      const noted = await store.noteBounce(delivery.id, bounce, now)
      log.deliveryBounced({
        deliveryId: delivery.id,
        kind: bounce.kind,
        status: bounce.status,
        stopped: noted?.stopped ?? false,
      })
    },
  }
}
