import type { InboundRecord, SavedInbound } from '../../domain/inbound-record.ts'
import type { Context } from '../context.ts'
import { handOver } from '../hand-over.ts'
import { partsOf } from '../parts.ts'
import type { Sealer } from '../seal.ts'
import { NO_LOCKS } from './locks.ts'
import type { Database } from './transact.ts'

type Call = {
  readonly records: readonly InboundRecord[]
  readonly resolve: (saved: SavedInbound[]) => void
  readonly reject: (error: unknown) => void
}

/** More at once would only make the first of them wait. */
const MOST_CALLS = 64
const MOST_BYTES = 4 * 1024 * 1024
/** Transactions at the same time: the server flushes them together. */
const LANES = 4

/**
 * Saves what comes while other transactions run in one: a few statements however many messages it is. If one of them
 * cannot be kept, each is tried by itself, so that it spoils no other.
 */
export function groupedSave(
  database: Database,
): (records: readonly InboundRecord[]) => Promise<SavedInbound[]> {
  const queue: Call[] = []
  let lanes = 0

  const saveTogether = (records: readonly InboundRecord[]): Promise<SavedInbound[]> =>
    database.write(NO_LOCKS, (context) => saveRecords(context, records))

  const settle = async (calls: readonly Call[]): Promise<void> => {
    try {
      const saved = await saveTogether(calls.flatMap(({ records }) => records))
      let at = 0
      for (const { records, resolve } of calls) {
        resolve(saved.slice(at, at + records.length))
        at += records.length
      }
    } catch (error) {
      if (calls.length === 1) calls[0]!.reject(error)
      else for (const call of calls) await settle([call])
    }
  }
  const run = async (): Promise<void> => {
    lanes += 1
    while (queue.length > 0) await settle(nextGroup(queue))
    lanes -= 1
  }
  return async (records) => {
    const [given, transfer] = handOver(records)
    const taken = transfer.length === 0 ? given : structuredClone(given, { transfer })
    return new Promise((resolve, reject) => {
      queue.push({ records: taken, resolve, reject })
      if (lanes < LANES) void run()
    })
  }
}

function nextGroup(queue: Call[]): Call[] {
  let bytes = 0
  const end = queue.findIndex(({ records }, at) => {
    bytes += records.reduce((sum, { raw }) => sum + raw.byteLength, 0)
    return at > 0 && (at === MOST_CALLS || bytes > MOST_BYTES)
  })
  return queue.splice(0, end < 0 ? queue.length : end)
}

/** Writes messages, bodies, codes and deliveries; skips what its mailbox has already. */
async function saveRecords(context: Context, records: readonly InboundRecord[]): Promise<SavedInbound[]> {
  const added = await insertMessages(context, records)
  const fresh = records.filter(({ id }) => added.has(id))
  await insertBodies(context, fresh)
  await insertCodes(context, fresh)
  await insertDeliveries(context, fresh)
  return records.map(({ id }) => ({ recordId: id, isNew: added.has(id) }))
}

/** In one order everywhere: of two nodes that save the same messages, neither waits for the other in a circle. */
const byKey = (a: InboundRecord, b: InboundRecord): number =>
  a.mailbox === b.mailbox ? compare(a.dedupeKey, b.dedupeKey) : compare(a.mailbox, b.mailbox)
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

async function insertMessages(
  { db, sealer }: Context,
  records: readonly InboundRecord[],
): Promise<Set<string>> {
  if (records.length === 0) return new Set()
  const rows = await db
    .insertInto('message')
    .values([...records].sort(byKey).map((record) => messageColumns(record, sealer)))
    .onConflict((conflict) => conflict.columns(['mailbox', 'dedupe_key']).doNothing())
    .returning('id')
    .execute()
  return new Set(rows.map(({ id }) => id))
}

const messageColumns = (record: InboundRecord, sealer: Sealer) => {
  const { id, subject, verdict, extraction } = record
  return {
    id,
    mailbox: record.mailbox,
    connection_id: record.connectionId,
    channel: record.channel,
    dedupe_key: record.dedupeKey,
    envelope_sender: record.envelopeSender,
    client_address: record.clientAddress,
    sender: record.sender,
    sender_domain: record.senderDomain,
    subject: subject === null ? null : sealer.seal(`message.subject.${id}`, subject),
    received_at: record.receivedAt,
    sent_at: record.sentAt,
    size: record.size,
    verdict: verdict.level,
    verdict_reasons: JSON.stringify(verdict.reasons),
    forwarded_by: verdict.forwardedBy,
    extraction_kind: extraction.kind,
    extraction_reason: 'reason' in extraction ? extraction.reason : null,
    rule: 'rule' in extraction ? extraction.rule : null,
    confidence: 'confidence' in extraction ? extraction.confidence : null,
    extraction: sealer.seal(`message.extraction.${id}`, JSON.stringify(extraction)),
    released_at: null,
    second_look_at: record.secondLookAt ?? null,
  }
}

/** Ordinary bodies together, the parts of a large one each for itself, so that none is long on the main thread. */
async function insertBodies({ db, sealer }: Context, records: readonly InboundRecord[]): Promise<void> {
  const small = []
  for (const { id, receivedAt, raw } of records) {
    for (const { part, piece } of partsOf(raw)) {
      const sealed = sealer.seal(`message_body.sealed.${id}/${part}`, piece)
      const row = { message_id: id, part, received_at: receivedAt, sealed }
      if (part === 0) small.push(row)
      else await db.insertInto('message_body').values(row).execute()
    }
  }
  if (small.length > 0) await db.insertInto('message_body').values(small).execute()
}

async function insertCodes({ db, sealer }: Context, records: readonly InboundRecord[]): Promise<void> {
  const rows = records.flatMap(({ id: messageId, connectionId, code, ...message }) =>
    code
      ? [
          {
            id: code.id,
            message_id: messageId,
            // A code without a connection breaks a constraint, as it should.
            connection_id: connectionId as string,
            source: code.source,
            code: sealer.seal(`code.code.${code.id}`, code.code),
            channel: message.channel,
            verdict: code.verdict,
            sent_at: message.sentAt,
            received_at: message.receivedAt,
            expires_at: code.expiresAt,
            sender: message.sender,
            rule: code.rule,
            confidence: code.confidence,
            state: 'available' as const,
          },
        ]
      : [],
  )
  if (rows.length > 0) await db.insertInto('code').values(rows).execute()
}

async function insertDeliveries({ db }: Context, records: readonly InboundRecord[]): Promise<void> {
  const rows = records.flatMap(({ id: messageId, connectionId, receivedAt, deliveries }) =>
    deliveries.map((delivery) => ({
      id: delivery.id,
      kind: delivery.kind,
      courier: delivery.courier,
      recipient_id: delivery.recipientId,
      address: delivery.address,
      // A copy without a connection breaks a constraint, as it should.
      connection_id: connectionId as string,
      message_id: messageId,
      state: 'due' as const,
      due_at: receivedAt,
      tries: 0,
      expires_at: delivery.expiresAt,
      created_at: receivedAt,
    })),
  )
  if (rows.length > 0) await db.insertInto('delivery').values(rows).execute()
}
