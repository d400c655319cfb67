import type { NumberCheck } from '../domain/number-check.ts'

/* The part of the store's port that is about text messages which we send to numbers of our own. */

export type NumberCheckStore = {
  /**
   * Writes down that a check begins, before anything is sent; audited as `number.checked`.
   *
   * @throws Failure `not_found` when the number is not in use by the connection, `conflict` when one was begun within
   *   `pauseMs`
   */
  openNumberCheck(check: NumberCheck, by: { actor: string; pauseMs: number }): Promise<void>
  /** Why it could not be sent. */
  failNumberCheck(id: string, error: string): Promise<void>
  /** It came. Only the first time counts; true also afterwards, and false for what is none of ours. */
  noteNumberCheck(address: string, token: string, now: number): Promise<boolean>
  /** The newest of this number of the connection. */
  getNumberCheck(connectionId: string, address: string): Promise<NumberCheck | null>
}
