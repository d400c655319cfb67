import type { UnreadReason } from '../../domain/bill.ts'
import type { BillMailResult } from '../../domain/bill-mail.ts'
import type { DocumentState, FileKind, ItemFailure, ItemResult } from '../../domain/document.ts'
import type { Flag, Sealed, SealedOrNull } from './columns.ts'

type DocumentItemTable = {
  id: string
  job_id: string
  position: number
  name: Sealed
  url: SealedOrNull
  has_content: Flag
  state: 'due' | 'leased' | 'done'
  due_at: number
  tries: number
  holder: string | null
  leased_until: number | null
  pages_read: number | null
  pages: number | null
  result: ItemResult['kind'] | null
  document_id: string | null
  failure: ItemFailure | null
}

type DocumentTable = {
  id: string
  company_id: string
  connection_id: string | null
  site_id: string | null
  job_id: string
  name: Sealed
  content_id: string
  kind: FileKind
  size: number
  sha256: string
  state: DocumentState
  unread_reason: UnreadReason | null
  pages: number | null
  reading: SealedOrNull
  created_at: number
}

/** Documents, the jobs that read them, and the mail that brings them. */
export type DocumentTables = {
  document_job: {
    id: string
    company_id: string
    connection_id: string | null
    site_id: string | null
    created_at: number
    finished_at: number | null
  }
  document_item: DocumentItemTable
  document: DocumentTable
  document_part: { content_id: string; part: number; created_at: number; sealed: Sealed }
  bill_address: { address: string; company_id: string; created_at: number; retired_at: number | null }
  bill_mail: {
    message_id: string
    company_id: string
    received_at: number
    due_at: number | null
    tries: number
    result: BillMailResult | null
    job_id: string | null
    documents: number
    ignored: number
  }
}
