import type { ConnectionStatus } from './connection.ts'

/** What people are told of. */
export type NoticeKind = 'connection_broken' | 'copies_failing' | 'forwarding_unproven' | 'webhook_disabled'

export type NoticeMailState = 'due' | 'leased' | 'sent' | 'failed' | 'dropped'

/** A mail to one person, about one thing or several. */
export type NoticeMail = {
  readonly id: string
  readonly contactId: string
  readonly state: NoticeMailState
  /** ms UTC. */
  readonly dueAt: number
  readonly tries: number
  readonly createdAt: number
}

/** Something that is still so when the mail about it is written. */
export type NoticeItem = {
  readonly noticeId: string
  readonly kind: NoticeKind
  readonly happenedAt: number
  /** Null for what is not about a connection. */
  readonly connection: {
    readonly id: string
    readonly externalId: string | null
    readonly utility: string
    readonly url: string | null
    readonly status: ConnectionStatus
    readonly statusSuggestion: string | null
  } | null
  /** Host of the endpoint. */
  readonly endpoint: string | null
}

/** What one mail is written from. */
export type NoticeContent = {
  readonly mail: NoticeMail
  readonly address: string
  readonly companyName: string
  /** Whether this is the company's own contact, who is told which connection is meant. */
  readonly isCompany: boolean
  readonly items: readonly NoticeItem[]
}
