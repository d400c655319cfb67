import { Failure } from '../domain/failure.ts'
import { log } from '../log.ts'
import type { NumberReleaseStore, OwedNumber } from '../store/store.ts'
import type { BoughtNumber, ProvisioningDeps } from './ports.ts'

/** Where numbers are bought for connections that name no country. */
const DEFAULT_COUNTRY = 'US'

type Deps = Pick<ProvisioningDeps, 'store' | 'numbers' | 'settings' | 'now'>

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
    if (bought) {
      await deps.store.oweNumber({ ...bought, now: (deps.now ?? Date.now)() }).catch(() => undefined)
      await release(deps, { ...bought, tries: 0 })
    }
    throw error
  }
}

type GiveBackDeps = Pick<ProvisioningDeps, 'numbers' | 'now'> & {
  readonly store: Pick<NumberReleaseStore, 'listOwedNumbers' | 'noteNumberRelease'>
}

/** Numbers tried in one round. */
const MOST_AT_ONCE = 50
const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 6 * 3_600_000

/**
 * Gives back the numbers that we bought and nobody uses any more. The store knows them since they were retired, so what
 * fails, or is lost in a crash, is tried again: each costs money every month. Nothing is thrown.
 */
export async function giveBackNumbers(deps: GiveBackDeps): Promise<void> {
  const { store, now = Date.now } = deps
  for (const owed of await store.listOwedNumbers(now(), MOST_AT_ONCE)) await release(deps, owed)
}

async function release(
  { store, numbers, now = Date.now }: GiveBackDeps,
  { address, providerSid, tries }: OwedNumber,
): Promise<void> {
  try {
    if (!numbers) throw new Error('Twilio is not configured any more')
    await numbers.release(providerSid)
    await store.noteNumberRelease(providerSid, null)
  } catch (error) {
    log.numberNotReleased({ providerSid, lastDigits: address.slice(-4), error })
    const message = error instanceof Error ? error.message.slice(0, 200) : 'unknown'
    const nextTryAt = now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries)
    await store
      .noteNumberRelease(providerSid, { error: message, nextTryAt })
      .catch((fault) => log.fault({ where: 'giving a number back', error: fault }))
  }
}
