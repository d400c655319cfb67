import type { ApiKey } from '../domain/api-key.ts'
import type { Attempt } from '../domain/attempt.ts'
import type { Code } from '../domain/code.ts'
import type { Company, Connection } from '../domain/connection.ts'
import type { Delivery, Recipient } from '../domain/delivery.ts'
import { endOfJob, type ItemResult, type Job, type JobItem, type StoredDocument } from '../domain/document.ts'
import type { Extraction } from '../domain/extraction.ts'
import type { StoredMessage } from '../domain/inbound-record.ts'
import type { Mailbox } from '../domain/mailbox.ts'
import type { Row } from './schema.ts'
import type { Sealer } from './seal.ts'

/* What a row means: the one place where columns become domain values, sealed ones opened. */

export const toCompany = (row: Row<'company'>): Company => ({
  id: row.id,
  name: row.name,
  externalId: row.external_id,
  publicId: row.public_id,
  features: { smsRelay: row.sms_relay === 1 },
  vouchedDomains: JSON.parse(row.vouched_domains),
  contactEmail: row.contact_email,
  notices: row.notices === 1,
  isActive: row.is_active === 1,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export const toConnection = (row: Row<'connection'>, sealer: Sealer): Connection => ({
  id: row.id,
  companyId: row.company_id,
  utility: row.utility,
  url: row.url,
  country: row.country,
  externalId: row.external_id,
  connectionOwnerEmail: row.connection_owner_email,
  initialSites: JSON.parse(row.initial_sites),
  utilityTypes: JSON.parse(row.utility_types),
  dataCollectionStartDate: row.data_collection_start_date,
  username: row.username && sealer.openText(`connection.username.${row.id}`, row.username),
  hasPassword: row.password !== null,
  mfaMethod: row.mfa_method,
  inboxAddresses: JSON.parse(row.inbox_addresses),
  status: row.status,
  statusFirstSeenAt: row.status_first_seen_at,
  statusLastUpdateAt: row.status_last_update_at,
  statusErrorDetail: row.status_error_detail,
  statusCause: row.status_cause,
  statusSuggestion: row.status_suggestion,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export const toMailbox = (row: Row<'mailbox'>): Mailbox => ({
  address: row.address,
  channel: row.channel,
  connectionId: row.connection_id,
  createdAt: row.created_at,
  retiredAt: row.retired_at,
  providerSid: row.provider_sid,
})

export const toMessage = (row: Row<'message'> & { has_body: number }, sealer: Sealer): StoredMessage => ({
  id: row.id,
  mailbox: row.mailbox,
  connectionId: row.connection_id,
  channel: row.channel,
  envelopeSender: row.envelope_sender,
  clientAddress: row.client_address,
  sender: row.sender,
  subject: row.subject && sealer.openText(`message.subject.${row.id}`, row.subject),
  receivedAt: row.received_at,
  sentAt: row.sent_at,
  size: row.size,
  verdict: {
    level: row.verdict,
    reasons: JSON.parse(row.verdict_reasons),
    senderDomain: row.sender_domain,
    forwardedBy: row.forwarded_by,
  },
  extraction: toExtraction(row, sealer),
  releasedAt: row.released_at,
  hasBody: row.has_body === 1,
})

/** As it was written; once retention took the codes, what is left of it: the kind, the rule, the reason. */
function toExtraction(row: Row<'message'>, sealer: Sealer): Extraction {
  if (row.extraction) return JSON.parse(sealer.openText(`message.extraction.${row.id}`, row.extraction))
  const left = {
    kind: row.extraction_kind,
    ...(row.extraction_reason === null ? {} : { reason: row.extraction_reason }),
    ...(row.extraction_kind === 'code' ? { code: '', rule: row.rule, confidence: row.confidence } : {}),
    candidates: [],
  }
  return left as unknown as Extraction
}

export const toCode = (row: Row<'code'>, sealer: Sealer): Code => ({
  id: row.id,
  messageId: row.message_id,
  connectionId: row.connection_id,
  source: row.source,
  code: sealer.openText(`code.code.${row.id}`, row.code),
  channel: row.channel,
  verdict: row.verdict,
  sentAt: row.sent_at,
  receivedAt: row.received_at,
  expiresAt: row.expires_at,
  sender: row.sender,
  rule: row.rule,
  confidence: row.confidence,
  state: row.state,
})

export const toAttempt = (row: Row<'attempt'>): Attempt => ({
  id: row.id,
  connectionId: row.connection_id,
  runner: row.runner,
  purpose: row.purpose,
  openedAt: row.opened_at,
  expiresAt: row.expires_at,
  closedAt: row.closed_at,
  outcome: row.outcome === null ? null : JSON.parse(row.outcome),
})

export const toRecipient = (row: Row<'recipient'>): Recipient => ({
  id: row.id,
  connectionId: row.connection_id,
  channel: row.channel,
  address: row.address,
  state: row.state,
  stopReason: row.stop_reason,
  createdAt: row.created_at,
  confirmedAt: row.confirmed_at,
  stoppedAt: row.stopped_at,
})

export const toDelivery = (row: Row<'delivery'>): Delivery => ({
  id: row.id,
  kind: row.kind,
  courier: row.courier,
  recipientId: row.recipient_id,
  address: row.address,
  connectionId: row.connection_id,
  messageId: row.message_id,
  state: row.state,
  dueAt: row.due_at,
  tries: row.tries,
  expiresAt: row.expires_at,
  lastError: row.last_error,
  bounced:
    row.bounced_at === null || row.bounce_kind === null
      ? null
      : { kind: row.bounce_kind, status: row.bounce_status, at: row.bounced_at },
  deliveredAt: row.delivered_at,
  createdAt: row.created_at,
  finishedAt: row.finished_at,
})

export const toApiKey = (row: Row<'api_key'>): ApiKey => ({
  id: row.id,
  scope: row.scope,
  companyId: row.company_id,
  label: row.label,
  createdAt: row.created_at,
  revokedAt: row.revoked_at,
})

/** @param items of this job, in order */
export function toJob(row: Row<'document_job'>, items: readonly Row<'document_item'>[], sealer: Sealer): Job {
  const shown = items.map(
    (item): JobItem => ({
      name: sealer.openText(`document_item.name.${item.id}`, item.name),
      result: toItemResult(item),
      progress:
        item.pages_read === null || item.pages === null
          ? null
          : { pagesRead: item.pages_read, pages: item.pages },
    }),
  )
  return {
    id: row.id,
    companyId: row.company_id,
    connectionId: row.connection_id,
    siteId: row.site_id,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    status: endOfJob(shown) ?? 'PENDING',
    items: shown,
  }
}

function toItemResult({ result, failure, document_id }: Row<'document_item'>): ItemResult | null {
  if (result === 'failed' && failure !== null) return { kind: 'failed', reason: failure }
  if (result === null || result === 'failed' || document_id === null) return null
  return { kind: result, documentId: document_id }
}

export const toDocument = (row: Row<'document'>, sealer: Sealer): StoredDocument => ({
  id: row.id,
  companyId: row.company_id,
  connectionId: row.connection_id,
  siteId: row.site_id,
  jobId: row.job_id,
  name: sealer.openText(`document.name.${row.id}`, row.name),
  kind: row.kind,
  size: row.size,
  sha256: row.sha256,
  state: row.state,
  unreadReason: row.unread_reason,
  pages: row.pages,
  reading: row.reading && JSON.parse(sealer.openText(`document.reading.${row.id}`, row.reading)),
  createdAt: row.created_at,
})
