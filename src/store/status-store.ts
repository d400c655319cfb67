import type { Connection, ConnectionStatus } from '../domain/connection.ts'
import type { ConnectionFacts } from '../domain/connection-facts.ts'
import type { Cause } from '../domain/diagnosis.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { StatusChange, StatusEvent } from '../domain/status.ts'

/*
 * The part of the store's port that is about statuses and why they are what they are. Outcomes, credentials and
 * set-ups move a status in the transaction that brings them (AttemptStore, ProvisioningStore).
 */

export type StatusStore = {
  /** Everything that a diagnosis looks at, in one snapshot. Null: no such connection. */
  loadFacts(connectionId: string, since: number): Promise<ConnectionFacts | null>
  /**
   * Writes down why a login broke: words only, the status stays.
   *
   * @param seenVersion of the connection when it was looked at; `stale`: it has changed since, look again
   */
  applyDiagnosis(
    connectionId: string,
    seenVersion: number,
    found: { readonly cause: Cause; readonly detail: string; readonly suggestion: string | null },
    now: number,
  ): Promise<'applied' | 'unchanged' | 'stale'>
  /**
   * Begins or ends an investigation by the operator's team; audited. Null: no such connection.
   *
   * @throws Failure `conflict` when the status does not allow it
   */
  investigate(connectionId: string, change: Investigation, by: Operator): Promise<Connection | null>
  /**
   * Brings the statuses of up to `limit` connections in line with whether their company is active. Resolves to how
   * many moved: call again until that is 0.
   */
  settleCompany(companyId: string, now: number, limit: number): Promise<number>
  /** Every move of a status, newest first. */
  listStatusHistory(connectionId: string, page: PageRequest): Promise<Page<StatusEntry>>
  /** How many connections of a company are in each status; those with none are left out. */
  countStatuses(companyId: string): Promise<Partial<Record<ConnectionStatus, number>>>
  /** Those of these connections that are broken, and not mended already as far as anybody can tell. */
  findBroken(connectionIds: readonly string[]): Promise<string[]>
  /** Companies whose connections a crash has left half way; see {@link StatusStore.settleCompany}. */
  listUnsettled(): Promise<string[]>
  /** Counts mail that a door refused because its address is retired. */
  countRefusal(refused: Refused): Promise<void>
  /** What portals said about the codes of each rule, those first that were refused most. */
  listRules(page: PageRequest): Promise<Page<RuleResult>>
}

export type Investigation =
  | { readonly open: true; readonly note: string | null }
  /** Without `status`: back to what it was before. */
  | { readonly open: false; readonly note: string | null; readonly status?: ConnectionStatus }
export type Operator = { readonly actor: string; readonly now: number }

/** One move of a status, and what it was after it. */
export type StatusEntry = StatusChange & {
  /** The connection's version after the move. */
  readonly version: number
  readonly at: number
  readonly event: StatusEvent['kind'] | 'created'
}

export type Refused = {
  readonly address: string
  readonly connectionId: string
  /** MAIL FROM, or the number that texted; empty for the null sender. */
  readonly sender: string
  readonly at: number
  /** How often; once when unset. */
  readonly count?: number
}

/** What portals said about codes of one rule. */
export type RuleResult = {
  readonly rule: string
  readonly utility: string
  readonly accepted: number
  readonly rejected: number
  readonly lastAcceptedAt: number | null
  readonly lastRejectedAt: number | null
}
