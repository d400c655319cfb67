import type { Generated } from 'kysely'
import type { Code, CodeState } from '../../domain/code.ts'
import type { ExtractionKind } from '../../domain/extraction.ts'
import type { MessageChannel } from '../../domain/message.ts'
import type { VerdictLevel } from '../../domain/verdict.ts'
import type { Sealed, SealedOrNull } from './columns.ts'

type MessageTable = {
  id: string
  mailbox: string
  connection_id: string | null
  channel: MessageChannel
  dedupe_key: string
  envelope_sender: string
  client_address: string | null
  sender: string | null
  sender_domain: string | null
  subject: SealedOrNull
  received_at: number
  sent_at: number
  size: number
  verdict: VerdictLevel
  verdict_reasons: string
  forwarded_by: string | null
  extraction_kind: ExtractionKind
  extraction_reason: string | null
  rule: string | null
  confidence: number | null
  extraction: SealedOrNull
  released_at: number | null
  second_look_at: number | null
}

type MessageBodyTable = { message_id: string; part: number; received_at: number; sealed: Sealed }

type CodeTable = {
  seq: Generated<number>
  id: string
  message_id: string
  connection_id: string
  source: string
  code: Sealed
  channel: Code['channel']
  verdict: 'trusted' | 'candidate'
  sent_at: number
  received_at: number
  expires_at: number
  sender: string | null
  rule: string
  confidence: number
  state: CodeState
  attempt_id: string | null
  claimed_at: number | null
}

/** Messages and the codes found in them. */
export type MailTables = {
  message: MessageTable
  message_body: MessageBodyTable
  code: CodeTable
  code_source: { connection_id: string; source: string }
}
