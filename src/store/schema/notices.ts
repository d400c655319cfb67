import type { BounceKind } from '../../domain/bounce.ts'
import type { NoticeKind, NoticeMailState } from '../../domain/notice.ts'

/* The tables of what people are told; see migrations/009-notices.ts. */

type NoticeTable = {
  id: string
  company_id: string
  connection_id: string | null
  webhook_id: string | null
  kind: NoticeKind
  happened_at: number
  planned_at: number | null
}

type NoticeMailTable = {
  id: string
  contact_id: string
  state: NoticeMailState
  due_at: number
  tries: number
  holder: string | null
  leased_until: number | null
  last_error: string | null
  created_at: number
  finished_at: number | null
  bounce_kind: BounceKind | null
}

export type NoticeTables = {
  notice: NoticeTable
  notice_contact: {
    id: string
    company_id: string
    address: string
    created_at: number
    stopped_at: number | null
  }
  notice_mail: NoticeMailTable
  notice_item: {
    mail_id: string
    notice_id: string
    contact_id: string
    subject_id: string
    kind: NoticeKind
    due_at: number
  }
}
