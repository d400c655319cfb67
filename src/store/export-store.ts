import type { ExportSection } from '../domain/export.ts'
import type { StoredMessage } from '../domain/inbound-record.ts'

/* The part of the store's port that hands out everything that is known of a company, page by page. */

export type ExportStore = {
  /**
   * Some rows of a section, in the order of their keys: of the company, or of one of its connections (gone ones too).
   * Names are camelCase, instants ISO text. What is secret is never among them: passwords, codes, answers, bodies, keys.
   */
  exportRows(request: ExportRequest): Promise<ExportPage>
  /** The same for messages, of which subjects may hold codes: whoever shows them blots those out. */
  exportMessages(connectionId: string, after: ExportCursor | null, limit: number): Promise<MessagePage>
}

/** The key of the last row that was handed out. */
export type ExportCursor = readonly (string | number)[]
export type ExportRequest = {
  readonly section: ExportSection
  /** Of the company, or of the connection that it is about. */
  readonly ownerId: string
  readonly after: ExportCursor | null
  readonly limit: number
}
export type ExportPage = {
  readonly rows: readonly Record<string, unknown>[]
  /** Null: these were the last. */
  readonly next: ExportCursor | null
}
export type MessagePage = {
  readonly messages: readonly StoredMessage[]
  readonly next: ExportCursor | null
}
