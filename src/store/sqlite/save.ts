import type Database from 'better-sqlite3'
import type { InboundRecord, SavedInbound } from '../../domain/inbound-record.ts'
import { partsOf } from '../parts.ts'
import type { Sealer } from '../seal.ts'
import type { Saving } from './large-body.ts'

/** The statements that write a message. */
export function prepareSave(
  database: Database.Database,
  sealer: Sealer,
): { saveInbound: (records: readonly Saving[]) => SavedInbound[]; putBodyPart: PutBodyPart } {
  const insertMessage = prepareMessage(database, sealer)
  const putBodyPart = prepareBody(database, sealer)
  const insertCode = prepareCode(database, sealer)
  const insertDeliveries = prepareDeliveries(database)

  const insertBody = ({ id, receivedAt, raw, isBodyKept }: Saving): void => {
    if (isBodyKept) return
    for (const { part, piece } of partsOf(raw)) putBodyPart(id, part, receivedAt, piece)
  }

  const save = (record: Saving): SavedInbound => {
    const isNew = insertMessage(record)
    if (isNew) {
      insertBody(record)
      insertCode(record)
      insertDeliveries(record)
    }
    return { recordId: record.id, isNew }
  }
  return { saveInbound: (records) => records.map(save), putBodyPart }
}

/** Answers false when the mailbox has this message already. */
function prepareMessage(database: Database.Database, sealer: Sealer): (record: InboundRecord) => boolean {
  const insert = database.prepare(`
    insert into message (id, mailbox, connection_id, channel, dedupe_key, envelope_sender, client_address,
      sender, sender_domain, subject, received_at, sent_at, size, verdict, verdict_reasons, forwarded_by,
      extraction_kind, extraction_reason, rule, confidence, extraction, second_look_at)
    values (:id, :mailbox, :connectionId, :channel, :dedupeKey, :envelopeSender, :clientAddress,
      :sender, :senderDomain, :subject, :receivedAt, :sentAt, :size, :verdict, :reasons, :forwardedBy,
      :kind, :reason, :rule, :confidence, :extraction, :secondLookAt)
    on conflict (mailbox, dedupe_key) do nothing`)
  return (record) => {
    const { id, subject, verdict, extraction } = record
    const { changes } = insert.run({
      id,
      mailbox: record.mailbox,
      connectionId: record.connectionId,
      channel: record.channel,
      dedupeKey: record.dedupeKey,
      envelopeSender: record.envelopeSender,
      clientAddress: record.clientAddress,
      sender: record.sender,
      senderDomain: record.senderDomain,
      subject: subject === null ? null : sealer.seal(`message.subject.${id}`, subject),
      receivedAt: record.receivedAt,
      sentAt: record.sentAt,
      size: record.size,
      verdict: verdict.level,
      reasons: JSON.stringify(verdict.reasons),
      forwardedBy: verdict.forwardedBy,
      kind: extraction.kind,
      reason: 'reason' in extraction ? extraction.reason : null,
      rule: 'rule' in extraction ? extraction.rule : null,
      confidence: 'confidence' in extraction ? extraction.confidence : null,
      extraction: sealer.seal(`message.extraction.${id}`, JSON.stringify(extraction)),
      secondLookAt: record.secondLookAt ?? null,
    })
    return changes === 1
  }
}

type PutBodyPart = (id: string, part: number, receivedAt: number, piece: Uint8Array) => void

function prepareBody(database: Database.Database, sealer: Sealer): PutBodyPart {
  const insert = database.prepare(
    'insert into message_body (message_id, part, received_at, sealed) values (?, ?, ?, ?)',
  )
  return (id, part, receivedAt, piece) => {
    insert.run(id, part, receivedAt, sealer.seal(`message_body.sealed.${id}/${part}`, piece))
  }
}

function prepareCode(database: Database.Database, sealer: Sealer): (record: InboundRecord) => void {
  const insert = database.prepare(`
    insert into code (id, message_id, connection_id, source, code, channel, verdict, sent_at, received_at,
      expires_at, sender, rule, confidence, state)
    values (:id, :messageId, :connectionId, :source, :code, :channel, :verdict, :sentAt, :receivedAt,
      :expiresAt, :sender, :rule, :confidence, 'available')`)
  return ({ id: messageId, connectionId, channel, code, sentAt, receivedAt, sender }) => {
    if (!code) return
    const { id, source, verdict, expiresAt, rule, confidence } = code
    const sealed = sealer.seal(`code.code.${id}`, code.code)
    const about = { messageId, connectionId, channel, sentAt, receivedAt, sender }
    insert.run({ id, source, verdict, expiresAt, rule, confidence, code: sealed, ...about })
  }
}

function prepareDeliveries(database: Database.Database): (record: InboundRecord) => void {
  const insert = database.prepare(`
    insert into delivery (id, kind, courier, recipient_id, address, connection_id, message_id, state, due_at,
      tries, expires_at, created_at)
    values (:id, :kind, :courier, :recipientId, :address, :connectionId, :messageId, 'due', :receivedAt,
      0, :expiresAt, :receivedAt)`)
  return ({ id: messageId, connectionId, receivedAt, deliveries }) => {
    for (const delivery of deliveries) insert.run({ ...delivery, messageId, connectionId, receivedAt })
  }
}
