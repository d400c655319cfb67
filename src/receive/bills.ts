import type { Reading } from '../domain/reading.ts'
import type { BillMailStore } from '../store/store.ts'
import { BILLS_TOPIC, type Wakeup } from '../wakeup/wakeup.ts'

/** What the story of a message needs for mail to a company's address for bills. */
export type BillsDoor = {
  /** The company that the address is in use by, or null. */
  findOwner(address: string): Promise<string | null>
  note: BillMailStore['noteBillMail']
  readonly wakeup: Pick<Wakeup, 'notify'>
}

/**
 * Has the documents of a stored message taken out, later and elsewhere. Durable when it resolves, and before the sender
 * is told that we have the message: whoever crashes in between is sent it again, and notes it then.
 */
export async function takeBills(
  bills: BillsDoor | undefined,
  addressees: readonly { readonly address: string; readonly billsOf?: string }[],
  { summary }: Reading,
  now: number,
): Promise<void> {
  if (!bills) return
  for (const { address: mailbox, billsOf: companyId } of addressees) {
    if (companyId === undefined) continue
    await bills.note({ mailbox, dedupeKey: summary.dedupeKey, companyId, now })
    bills.wakeup.notify(BILLS_TOPIC)
  }
}
