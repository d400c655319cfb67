/* What an export of a company consists of, in its order. */

export const COMPANY_SECTIONS = [
  'company',
  'api_key',
  'webhook',
  'notice_contact',
  'bill_address',
  'document_job',
  'document',
] as const
/** Each connection is followed by what belongs to it, and by its messages. */
export const CONNECTION_SECTIONS = [
  'mailbox',
  'recipient',
  'inbox_handshake',
  'sender_pin',
  'security_question',
  'attempt',
  'test_login',
  'status_change',
  'delivery',
  'refusal',
  'number_check',
  'audit',
] as const
export type ExportSection =
  | (typeof COMPANY_SECTIONS)[number]
  | 'connection'
  | (typeof CONNECTION_SECTIONS)[number]
