import { Failure } from '../domain/failure.ts'
import type { Mailbox } from '../domain/mailbox.ts'
import { log } from '../log.ts'
import type { BoughtNumber, ProvisioningDeps } from './ports.ts'

/** Where numbers are bought for connections that name no country. */
const DEFAULT_COUNTRY = 'US'

type Deps = Pick<ProvisioningDeps, 'store' | 'numbers' | 'settings'>

/**
 * A number for a connection that has none: one of ours that is free, which the store then has bound already, or
 * one newly bought, which is the caller's to store or to give back.
 *
 * @throws Failure `no_number_available`, or what the provider throws
 */
export async function findNumber(
  { store, numbers, settings }: Deps,
  connection: { readonly id: string; readonly country: string | null },
  now: number,
): Promise<BoughtNumber | null> {
  const taken = await store.takeNumber(connection.id, settings.smsNumbers, now)
  if (taken) return null
  if (!numbers) {
    const message = 'All numbers of SMS_NUMBERS are taken, and without Twilio no others can be bought'
    throw new Failure('no_number_available', message)
  }
  try {
    return await numbers.buy({ country: connection.country ?? DEFAULT_COUNTRY })
  } catch (error) {
    if (error instanceof Failure) throw error
    log.fault({ where: 'buying a number', error })
    throw new Failure('upstream_failed', 'No number could be bought; the log says why')
  }
}

/** Stores what was bought, or gives it back: a number that nobody knows of costs money every month. */
export async function orGiveBack<T>(
  deps: Deps,
  bought: BoughtNumber | null,
  store: () => Promise<T>,
): Promise<T> {
  try {
    return await store()
  } catch (error) {
    if (bought) await release(deps, bought.address, bought.providerSid)
    throw error
  }
}

/**
 * Gives back those of these mailboxes that are numbers we bought and still have. What fails is logged, not
 * thrown: the connection is gone all the same.
 */
export async function releaseNumbers(deps: Deps, mailboxes: readonly Mailbox[]): Promise<void> {
  for (const { address, providerSid, retiredAt } of mailboxes) {
    if (providerSid !== null && retiredAt === null) await release(deps, address, providerSid)
  }
}

async function release({ numbers }: Deps, address: string, providerSid: string): Promise<void> {
  try {
    if (!numbers) throw new Error('Twilio is not configured any more')
    await numbers.release(providerSid)
  } catch (error) {
    log.numberNotReleased({ providerSid, lastDigits: address.slice(-4), error })
  }
}
