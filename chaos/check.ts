import { copiesByReference, type Ledger, type Mailbox, tokenOf } from './ledger.ts'
import type { Taken } from './sink.ts'
import { until } from './wait.ts'
import type { World } from './world.ts'

type Listed = {
  readonly items: readonly {
    readonly id: string
    readonly envelopeSender: string
    readonly extraction: { readonly kind: string }
  }[]
  readonly hasNext: boolean
}

const PAGE = 200

/**
 * After a restart: everything answered 250 is listed. Reads each mailbox from its newest message back, as far as
 * something is missing.
 */
export async function checkAcknowledged(world: World): Promise<void> {
  for (const mailbox of world.mailboxes) {
    // Fixed before it is read: what is acknowledged meanwhile may come too late for this list.
    const missing = () => acknowledged(world.ledger, mailbox).filter((mail) => mail.storedAs.size === 0)
    const expected = new Set(missing())
    for (let page = 1; expected.size > 0; page += 1) {
      const hasNext = await readPage(world, mailbox, page)
      for (const mail of expected) if (mail.storedAs.size > 0) expected.delete(mail)
      if (!hasNext) break
    }
    for (const { token } of expected) reportLost(world.ledger, token)
  }
}

const lostOf = new WeakMap<Ledger, Set<string>>()
function reportLost(ledger: Ledger, token: string): void {
  const lost = lostOf.get(ledger) ?? new Set()
  lostOf.set(ledger, lost)
  if (lost.has(token)) return
  lost.add(token)
  ledger.violate(`${token}: answered 250 and not in the store`)
}

const acknowledged = (ledger: Ledger, mailbox: Mailbox) =>
  [...ledger.mails.values()].filter((mail) => mail.mailbox === mailbox && mail.answer === 'accepted')

async function readPage(world: World, mailbox: Mailbox, page: number): Promise<boolean> {
  const path = `/v2/connection/${mailbox.connectionId}/messages?limit=${PAGE}&page=${page}`
  const { status, body } = await world.api<Listed>('GET', path)
  if (status !== 200) throw new Error(`${path} answered ${status}`)
  for (const { id, envelopeSender, extraction } of body.items) {
    const mail = world.ledger.mails.get(tokenOf(envelopeSender) ?? '')
    if (!mail) {
      world.ledger.violate(`message ${id} was never sent`)
      continue
    }
    mail.storedAs.add(id)
    if (extraction.kind === 'code') mail.hasCode = true
  }
  return body.hasNext
}

/** At the end, with the load gone: the whole store against the whole record, then the copies. */
export async function checkAll(
  world: World,
  options: { copiesMs: number; markMs?: number },
): Promise<Totals> {
  const { ledger } = world
  for (const mailbox of world.mailboxes) {
    for (let page = 1; await readPage(world, mailbox, page); page += 1);
  }
  await checkAcknowledged(world)
  for (const { token, storedAs, hasCode } of ledger.mails.values()) {
    if (storedAs.size > 1) ledger.violate(`${token}: stored ${storedAs.size} times`)
    if (storedAs.size > 0 && !hasCode) ledger.violate(`${token}: stored, but no code was read from it`)
  }
  const copies = await checkCopies(world, options)
  const mails = [...ledger.mails.values()]
  return {
    kills: world.relay.killedAt.length,
    acknowledged: mails.filter(({ answer }) => answer === 'accepted').length,
    unanswered: mails.filter(({ answer }) => answer !== 'accepted').length,
    lost: lostOf.get(ledger)?.size ?? 0,
    codesClaimed: ledger.claims.codes,
    handedOutTwice: ledger.claims.handedOutTwice,
    ...copies,
  }
}

/** What a scenario adds up to. */
export type Totals = {
  readonly kills: number
  readonly acknowledged: number
  /** Refused or never answered, however often they were tried. */
  readonly unanswered: number
  readonly lost: number
  readonly codesClaimed: number
  readonly handedOutTwice: number
  readonly copiesExpected: number
  readonly copiesMissing: number
  readonly extraCopies: number
  /** Kills and lost replies that hit a copy in flight: each may cost one more. */
  readonly allowedExtra: number
}

/** Of a scenario that did not come to its end. */
export const NOTHING: Totals = {
  kills: 0,
  acknowledged: 0,
  unanswered: 0,
  lost: 0,
  codesClaimed: 0,
  handedOutTwice: 0,
  copiesExpected: 0,
  copiesMissing: 0,
  extraCopies: 0,
  allowedExtra: 0,
}

/** So long after its 250 a copy may still wait to be marked as sent: the mark shares the writer with all mail. */
const MARK_MS = 2_000

type CopyTotals = Pick<Totals, 'copiesExpected' | 'copiesMissing' | 'extraCopies' | 'allowedExtra'>

async function checkCopies(
  world: World,
  { copiesMs, markMs = MARK_MS }: { copiesMs: number; markMs?: number },
): Promise<CopyTotals> {
  const { ledger, sink, relay } = world
  const stored = [...ledger.mails.values()].filter(
    ({ hasCode, isDeadOnArrival }) => hasCode && !isDeadOnArrival,
  )
  const missing = () => {
    const copies = copiesByReference(sink.taken)
    const refused = new Set(
      sink.taken.filter(({ outcome }) => outcome === 'refused for good').map(({ reference }) => reference),
    )
    return stored.filter(({ messageId }) => !copies.has(messageId) && !refused.has(messageId))
  }
  await until(() => missing().length === 0, copiesMs)
  for (const { token } of missing()) ledger.violate(`${token}: stored, and its copy was never sent`)

  const known = new Set(
    [...ledger.mails.values()].filter(({ hasCode }) => hasCode).map(({ messageId }) => messageId),
  )
  let [extraCopies, allowedExtra] = [0, 0]
  for (const [reference, copies] of copiesByReference(sink.taken)) {
    if (!known.has(reference)) ledger.violate(`a copy of ${reference}, which is not in the store`)
    if (new Set(copies.map(({ messageId }) => messageId)).size > 1)
      ledger.violate(`copies of ${reference} differ in their Message-ID`)
    const hits = copies.filter((copy) => wasHit(copy, relay.killedAt, markMs)).length
    extraCopies += copies.length - 1
    allowedExtra += hits
    if (copies.length - 1 > hits)
      ledger.violate(`${copies.length} copies of ${reference}, but only ${hits} kills or lost replies`)
  }
  return { copiesExpected: stored.length, copiesMissing: missing().length, extraCopies, allowedExtra }
}

/**
 * Whether the relay may rightly not know that this copy arrived: no reply, or killed before it was marked. Its last byte is
 * no bound: a killed process leaves it in a socket, and it is read after the kill.
 */
function wasHit(copy: Taken, killedAt: readonly number[], markMs: number): boolean {
  if (copy.outcome === 'reply lost' || copy.repliedAt === null) return true
  const end = copy.repliedAt + markMs
  return killedAt.some((at) => at >= copy.askedAt && at <= end)
}
