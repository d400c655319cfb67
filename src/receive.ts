import type { Answered, Answers } from './domain/answer.ts'
import { sentAt } from './domain/code.ts'
import { Failure } from './domain/failure.ts'
import { newId } from './domain/id.ts'
import type { InboundRecord, NewCode, NewDelivery } from './domain/inbound-record.ts'
import type { LoopFinder } from './domain/loop.ts'
import type { MailboxContext } from './domain/mailbox.ts'
import type { InboundMessage } from './domain/message.ts'
import type { Reading } from './domain/reading.ts'
import { log } from './log.ts'
import { type BillsDoor, takeBills } from './receive/bills.ts'
import { makeCode } from './receive/code.ts'
import { type NoteDeferral, putOff, secondLookAt } from './receive/unanswered.ts'
import type { ClaimResult, MailStore, WaitingClaim } from './store/store.ts'
import type { UtilityDefinition } from './utilities/definition.ts'
import { OUTBOX_TOPIC, type Wakeup } from './wakeup/wakeup.ts'

/** What the story needs; handed in by assemble.ts. */
export type ReceiveDeps = {
  readonly store: Pick<MailStore, 'findMailbox' | 'saveInbound' | 'saveAndClaim'>
  readonly wakeup: Pick<Wakeup, 'notify'>
  /** Who waits for codes of this source, and how they are given one. Absent: all claim when hinted. */
  readonly offersAt?: (source: string) => readonly { claim: WaitingClaim; take(result: ClaimResult): void }[]
  /** Parses, judges and extracts in a worker thread; a message it cannot read comes back as `unread`. */
  readonly read: (message: InboundMessage, contexts: readonly Addressee[]) => Promise<Reading>
  readonly planCopies: PlanCopies
  readonly findUtility: (id: string) => UtilityDefinition | undefined
  /** Mailbox address of a recipient as the envelope names it; null: cannot be one of ours. */
  readonly canonical: (recipient: string) => string | null
  /** Whether this is the operator's own mailbox (postmaster, abuse). */
  readonly isOperator: (recipient: string) => boolean
  /** Absent: nothing is sent, so nothing comes back. */
  readonly answers?: Answers
  readonly findLoop?: LoopFinder
  /** Absent: no bills come by mail. */
  readonly bills?: BillsDoor
  /** Told of each message that came to a connection: test mail may be among them. */
  readonly noteProof?: (summary: Reading['summary'], connectionId: string, at: number) => Promise<void>
  /** Remembers what was put off because DNS did not answer. */
  readonly noteDeferral?: NoteDeferral
  readonly metrics: { received(record: InboundRecord, ms: number): void }
  /** Told of what was stored for a connection; must return at once. */
  readonly onStored?: (connectionId: string) => void
}

/** Whom a recipient stands for: a connection's mailbox, a company's bills, the operator, or a return path of ours. */
export type Addressee = {
  readonly address: string
  readonly context: MailboxContext | null
  readonly isReturnPath?: boolean
  /** The mail of ours that this answers, while it is kept. */
  readonly answered?: Answered | null
  /** A company's address for bills. */
  readonly isBills?: boolean
  /** That company. */
  readonly billsOf?: string
}

export type PlanCopies = (
  context: MailboxContext,
  reading: Reading['perMailbox'][number],
  code: NewCode | null,
) => readonly NewDelivery[]

/** What became of a message: a row for each mailbox it came to. */
export type Receipt = { readonly messageId: string; readonly isNew: boolean }[]

/**
 * The way of a message: whose mailbox is it, what does it say and is it to be believed, write it down, wake
 * who waits. Resolves once everything is durable; the doors acknowledge only then.
 *
 * @throws Failure `not_found` when no recipient is ours any more, `unavailable` when DNS cannot answer for now;
 *   whatever the store throws. The door then tells the sender to try again.
 */
export async function receive(deps: ReceiveDeps, message: InboundMessage): Promise<Receipt> {
  const startedAt = performance.now()
  const addressees = await findAddressees(deps, message)
  const cut = await cutLoops(deps, message, addressees, await deps.read(message, addressees))
  const reading = await putOff(deps.noteDeferral, message, cut)
  const records = oneCopyEach(
    addressees.map((addressee, index) => makeRecord(deps, message, addressee, reading, index)),
  )
  const saved = await save(deps, records)
  for (const { answered } of addressees) {
    if (answered) await deps.answers?.note(answered, reading, message.receivedAt)
  }
  await takeBills(deps.bills, addressees, reading, message.receivedAt)
  for (const { context } of addressees) {
    if (context) await deps.noteProof?.(reading.summary, context.connection.id, message.receivedAt)
  }
  return records.map((record, index) => {
    const isNew = saved[index]?.isNew ?? false
    if (isNew) announce(deps, message, record, performance.now() - startedAt)
    else
      log.messageRepeated({
        messageId: record.id,
        connectionId: record.connectionId,
        channel: record.channel,
      })
    return { messageId: record.id, isNew }
  })
}

/** The code is bound to who waits for it in the same commit, where the store can do that. */
async function save({ store, offersAt }: ReceiveDeps, records: readonly InboundRecord[]) {
  const sources = new Set(records.flatMap(({ code }) => code?.source ?? []))
  const offers = offersAt && store.saveAndClaim ? [...sources].flatMap(offersAt) : []
  if (!store.saveAndClaim || offers.length === 0) return store.saveInbound(records)
  const { saved, claims } = await store.saveAndClaim(
    records,
    offers.map(({ claim }) => claim),
  )
  for (const [index, result] of claims.entries()) offers[index]?.take(result)
  return saved
}

async function findAddressees(deps: ReceiveDeps, message: InboundMessage): Promise<Addressee[]> {
  const recipients = message.channel === 'sms' ? [message.recipient] : message.envelope.recipients
  const found = new Map<string, Addressee>()
  for (const recipient of recipients) {
    if (message.channel === 'email' && deps.isOperator(recipient)) {
      const address = recipient.toLowerCase()
      found.set(address, { address, context: null })
      continue
    }
    const answeredId = deps.answers?.idOf(recipient) ?? null
    if (answeredId !== null) {
      const address = recipient.toLowerCase()
      const answered = (await deps.answers?.find(answeredId)) ?? null
      found.set(address, { address, context: null, isReturnPath: true, answered })
      continue
    }
    const address = message.channel === 'sms' ? recipient : deps.canonical(recipient)
    const context = address === null ? null : await deps.store.findMailbox(address)
    if (address === null) continue
    if (context?.mailbox.retiredAt === null) found.set(address, { address, context })
    const billsOf = context ? null : ((await deps.bills?.findOwner(address)) ?? null)
    if (billsOf !== null) found.set(address, { address, context: null, isBills: true, billsOf })
  }
  if (found.size === 0) throw new Failure('not_found', 'No recipient of this message is a mailbox of ours')
  return [...found.values()]
}

/** Our own copies that come back are kept and seen, but are no codes, and nobody gets a copy of a copy. */
async function cutLoops(
  deps: ReceiveDeps,
  message: InboundMessage,
  addressees: readonly Addressee[],
  reading: Reading,
): Promise<Reading> {
  const perMailbox = reading.perMailbox.map(async (found, index) => {
    const context = addressees[index]?.context
    const loop = context && (await deps.findLoop?.(reading, found, context, message.receivedAt))
    if (!loop) return found
    log.loopCut({ messageId: message.id, connectionId: context.connection.id, why: loop.code })
    const { temporaryFailure: _, ...verdict } = found.verdict
    const reasons = [loop, ...verdict.reasons]
    return {
      verdict: { ...verdict, level: 'untrusted', reasons } as const,
      extraction: { kind: 'loop', candidates: [] } as const,
    }
  })
  return { ...reading, perMailbox: await Promise.all(perMailbox) }
}

/** A message that came to two mailboxes of one connection is still one message to those who get copies. */
function oneCopyEach(records: readonly InboundRecord[]): InboundRecord[] {
  const copied = new Set<string>()
  return records.map((record) => {
    const deliveries = record.deliveries.filter(({ recipientId }) => !copied.has(recipientId))
    for (const { recipientId } of deliveries) copied.add(recipientId)
    return deliveries.length === record.deliveries.length ? record : { ...record, deliveries }
  })
}

function makeRecord(
  deps: ReceiveDeps,
  message: InboundMessage,
  { address, context, answered }: Addressee,
  reading: Reading,
  index: number,
): InboundRecord {
  const found = reading.perMailbox[index]
  if (!found) throw new Error('the reading has no entry for a mailbox that was asked about')
  const { summary } = reading
  const raw = message.channel === 'sms' ? new TextEncoder().encode(message.body) : message.raw
  const sent = sentAt(message.channel === 'sms' ? null : summary.dateAt, message.receivedAt)
  const code = context ? makeCode(deps.findUtility, context, found, sent) : null
  return {
    // One message in two mailboxes is two rows: each belongs to a customer of its own.
    id: index === 0 ? message.id : newId(),
    mailbox: address,
    connectionId: context?.connection.id ?? answered?.connectionId ?? null,
    channel: message.channel,
    dedupeKey: summary.dedupeKey,
    envelopeSender: message.channel === 'sms' ? message.sender : message.envelope.sender,
    clientAddress: message.channel === 'sms' ? null : (message.client.address ?? null),
    sender: summary.sender,
    senderDomain: found.verdict.senderDomain,
    subject: summary.subject,
    receivedAt: message.receivedAt,
    sentAt: sent,
    size: raw.byteLength,
    raw,
    verdict: found.verdict,
    extraction: found.extraction,
    code,
    deliveries: context ? deps.planCopies(context, found, code) : [],
    secondLookAt: context && message.channel === 'email' ? secondLookAt(found, message.receivedAt) : null,
  }
}

function announce(deps: ReceiveDeps, message: InboundMessage, record: InboundRecord, ms: number): void {
  if (record.code) deps.wakeup.notify(record.code.source)
  if (record.deliveries.length > 0) deps.wakeup.notify(OUTBOX_TOPIC)
  if (record.connectionId !== null) deps.onStored?.(record.connectionId)
  deps.metrics.received(record, ms)
  if (record.extraction.kind === 'unread') {
    log.messageUnread({ messageId: record.id, reason: record.extraction.reason })
  }
  log.messageStored({
    messageId: record.id,
    connectionId: record.connectionId,
    channel: record.channel,
    door: message.door,
    verdict: record.verdict.level,
    extraction: record.extraction.kind,
    ...(record.extraction.kind === 'code' ? { rule: record.extraction.rule } : {}),
    copies: record.deliveries.length,
    ms: Math.round(ms * 10) / 10,
  })
}
