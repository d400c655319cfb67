import { isBillLocalPart } from '../domain/bill-mail.ts'
import type { BillMailStore } from '../store/store.ts'

type Store = Pick<BillMailStore, 'findBillOwner'>

/** Whose bills come to an address; what does not look like one costs no query. */
export const findBillOwner =
  (store: Store) =>
  async (address: string): Promise<string | null> =>
    isBillLocalPart(address) ? store.findBillOwner(address) : null

/** Whether bills come to an address. */
export const billAddresses =
  (store: Store) =>
  async (address: string): Promise<boolean> =>
    (await findBillOwner(store)(address)) !== null
