import { canonicalInbox } from './inbox-address.ts'

/** What a mail system reports about one recipient of one message of ours, as it was read. */
export type DeliveryReport = {
  readonly action: 'failed' | 'delayed' | 'delivered'
  /** Enhanced status (RFC 3463), e.g. `5.1.1`; null where none was found. */
  readonly status: string | null
  /** Lower-case addresses that it says it is about; empty where it does not say. */
  readonly recipients: readonly string[]
  /** The words of the mail system, one line. */
  readonly text: string
  /** Read from machine-readable fields (RFC 3464), not guessed from sentences. */
  readonly isStructured: boolean
}

/** hard: trying again will not help; soft: this copy did not arrive, the next may; delayed: it may still arrive. */
export type BounceKind = 'hard' | 'soft' | 'delayed'

/** What a report means for a delivery. */
export type Bounce = {
  readonly kind: BounceKind
  readonly status: string | null
  readonly text: string
  /** After so many hard bounces in a row the recipient gets no more copies; null: never for this. */
  readonly stopsAfter: number | null
}

/** The mailbox is not there: https://www.rfc-editor.org/rfc/rfc3463#section-3.2, and Exchange's word for it. */
const UNKNOWN_USER = new Set(['5.1.1', '5.1.10'])
/** Of class 5.1, but about the sender: ours. */
const ABOUT_THE_SENDER = new Set(['5.1.7', '5.1.8'])
/** Outside of class 5.1, but about the mailbox: disabled; unknown to Exchange's edge; its domain does not exist. */
const ABOUT_THE_MAILBOX = new Set(['5.2.1', '5.4.1', '5.4.310'])

const AFTER_UNKNOWN_USER = 1
const AFTER_MAILBOX_FAULTS = 2
/** A policy may be about us, and then every customer there would be stopped by two codes: it takes more to believe. */
const AFTER_REFUSALS = 5

/**
 * What the reports of one answer mean for the copy that went to `address`; null: nothing went wrong, or it is not
 * said. Where several recipients are reported, the one that is ours counts.
 */
export function judgeReports(reports: readonly DeliveryReport[], address: string): Bounce | null {
  const ours = canonicalInbox(address)
  const isOurs = ({ recipients }: DeliveryReport) => recipients.some((one) => canonicalInbox(one) === ours)
  const report = reports.find(isOurs) ?? reports.find(({ action }) => action === 'failed') ?? reports[0]
  if (!report || report.action === 'delivered') return null
  const { action, status, text } = report
  if (action === 'delayed') return { kind: 'delayed', status, text, stopsAfter: null }
  return judgeFailure(status, text, report.isStructured && isOurs(report))
}

/**
 * What a permanent refusal means.
 *
 * @param isCertain whether it surely is about our recipient: mail that they forward onwards may fail there
 */
export function judgeFailure(status: string | null, text: string, isCertain: boolean): Bounce {
  const stopsAfter = stopsAfterOf(status)
  if (stopsAfter === null) return { kind: 'soft', status, text, stopsAfter: null }
  const isEnough = isCertain || stopsAfter > AFTER_UNKNOWN_USER
  return { kind: 'hard', status, text, stopsAfter: isEnough ? stopsAfter : AFTER_MAILBOX_FAULTS }
}

function stopsAfterOf(status: string | null): number | null {
  if (status === null || ABOUT_THE_SENDER.has(status)) return null
  if (UNKNOWN_USER.has(status)) return AFTER_UNKNOWN_USER
  if (status.startsWith('5.1.') || ABOUT_THE_MAILBOX.has(status)) return AFTER_MAILBOX_FAULTS
  return status.startsWith('5.7.') ? AFTER_REFUSALS : null
}

/** How many in a row bounced hard around one of them; `isHard` in the order in which they were sent. */
export function hardRun(isHard: readonly boolean[], index: number): number {
  if (!isHard[index]) return 0
  let first = index
  let last = index
  while (isHard[first - 1]) first -= 1
  while (isHard[last + 1]) last += 1
  return last - first + 1
}
