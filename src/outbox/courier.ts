import type { SendResult } from '../domain/delivery.ts'
import type { DeliveryContent } from '../store/store.ts'

/** Carries deliveries of one kind. A plain object returned by a function. */
export type CourierPort = {
  /** How many may be on their way at once. */
  readonly concurrency: number
  /**
   * Tries once. What went wrong is a result; a rejection counts as a temporary failure.
   *
   * @param signal aborted at the deadline of this try
   */
  send(content: DeliveryContent, signal: AbortSignal): Promise<SendResult>
  close(): Promise<void>
}
