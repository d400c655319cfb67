import type { AdminStore } from './admin-store.ts'
import type { AttemptStore } from './attempt-store.ts'
import type { BillMailStore } from './bill-mail-store.ts'
import type { DocumentStore } from './document-store.ts'
import type { EventStore } from './event-store.ts'
import type { ExportStore } from './export-store.ts'
import type { FactorStore } from './factor-store.ts'
import type { LeaseStore } from './lease-store.ts'
import type { MailStore } from './mail-store.ts'
import type { NoticeStore } from './notice-store.ts'
import type { NumberCheckStore } from './number-check-store.ts'
import type { OutboxStore } from './outbox-store.ts'
import type { ProvisioningStore } from './provisioning-store.ts'
import type { StatusStore } from './status-store.ts'
import type { TestLoginStore } from './test-login-store.ts'
import type { TrustStore } from './trust-store.ts'
import type { TypedCodeStore } from './typed-code-store.ts'
import type { ErasureStore, NumberReleaseStore } from './upkeep-store.ts'

export type * from './admin-store.ts'
export type * from './attempt-store.ts'
export type * from './bill-mail-store.ts'
export type * from './document-store.ts'
export type * from './event-store.ts'
export type * from './export-store.ts'
export type * from './factor-store.ts'
export type * from './lease-store.ts'
export type * from './mail-store.ts'
export type * from './notice-store.ts'
export type * from './number-check-store.ts'
export type * from './outbox-store.ts'
export type * from './provisioning-store.ts'
export type * from './status-store.ts'
export type * from './test-login-store.ts'
export type * from './typed-code-store.ts'
export type * from './upkeep-store.ts'

/*
 * The port to what is kept. Verbs, not CRUD: one method, one transaction, durable when its promise resolves.
 * Expected absence is null; what a caller can act on is thrown as a Failure; time is an argument (ms UTC).
 * Async even over synchronous SQLite. Each feature asks for the part that it uses.
 */

/** All of the port; see the parts. */
export type Store = MailStore &
  AttemptStore &
  ProvisioningStore &
  OutboxStore &
  StatusStore &
  FactorStore &
  LeaseStore &
  TestLoginStore &
  NumberCheckStore &
  TypedCodeStore &
  NumberReleaseStore &
  ErasureStore &
  ExportStore &
  BillMailStore &
  TrustStore &
  DocumentStore &
  EventStore &
  NoticeStore &
  AdminStore & { close(): Promise<void> }
