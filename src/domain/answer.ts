import type { Delivery } from './delivery.ts'
import type { Reading } from './reading.ts'

/** Binds what mail systems answer to our copies to the deliveries that they answer. */
export type Answers = {
  /** The delivery whose return path a recipient is; null: it is none, or not one of ours. Asks nobody. */
  deliveryOf(recipient: string): string | null
  /** The copy itself; null when it is no longer kept. */
  find(deliveryId: string): Promise<Delivery | null>
  /** Writes down what the answer says. Telling it twice changes nothing. */
  note(delivery: Delivery, reading: Reading, now: number): Promise<void>
}
