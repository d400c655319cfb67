import type { Selectable } from 'kysely'
import type { AdministrationTables } from './schema/administration.ts'
import type { CompanyTables } from './schema/companies.ts'
import type { CopyTables } from './schema/copies.ts'
import type { DocumentTables } from './schema/documents.ts'
import type { EventTables } from './schema/events.ts'
import type { LoginTables } from './schema/logins.ts'
import type { MailTables } from './schema/mail.ts'
import type { NoticeTables } from './schema/notices.ts'
import type { StatusTables } from './schema/status.ts'
import type { TrustTables } from './schema/trust.ts'

/*
 * The tables, as kysely sees them in SQLite and PostgreSQL alike: instants are ms UTC, booleans 0 or 1, lists JSON
 * text, `Sealed` what seal.ts made. What each table is for stands in the migration that creates it.
 */

/** All tables. */
export type Schema = CompanyTables &
  MailTables &
  TrustTables &
  LoginTables &
  CopyTables &
  DocumentTables &
  StatusTables &
  AdministrationTables &
  EventTables &
  NoticeTables

/** A row as it is read. */
export type Row<T extends keyof Schema> = Selectable<Schema[T]>
