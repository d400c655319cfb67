import { type Kysely, sql } from 'kysely'
import type { writes } from '../operations/index.ts'
import type { Schema } from '../schema.ts'
import type { Idempotency, Store } from '../store.ts'

/*
 * What each write keeps to itself. The operations were thought out for one writer; here many processes write, each
 * statement seeing what is committed when it begins. So whatever looks first and writes then takes a lock before it
 * looks: mostly its connection's. See docs/decisions/090-many-writers.md.
 *
 * Locks are PostgreSQL's advisory ones, until the end of the transaction, taken in the order of their names.
 */

/** Rows that say which connection a lock is for. Which one it is never changes. */
type Owned = 'attempt' | 'delivery' | 'message' | 'recipient'

export type Locks = {
  readonly keys: readonly string[]
  /** The connections that these rows belong to. */
  readonly of?: { readonly table: Owned; readonly id: string }
  readonly ofPhone?: string
  /** The job of this item. */
  readonly ofItem?: string
  /** Nothing else that takes locks runs meanwhile, on any node. */
  readonly alone?: boolean
}

/** For what is one statement, or whose every statement decides by the row that it writes. */
export const NO_LOCKS: Locks = { keys: [] }
/** What nobody has thought through runs by itself, as if there were one writer. */
const ALONE: Locks = { keys: [], alone: true }
/** Of all names the first: everybody shares it but those that run alone. */
const WRITERS = '!writers'

const connection = (id: string): string => `connection:${id}`
const ofConnection = (id: string): Locks => ({ keys: [connection(id)] })
const of =
  (table: Owned) =>
  (id: string): Locks => ({ keys: [], of: { table, id } })
const ofPhone = (phone: string): Locks => ({ keys: [], ofPhone: phone })
const ofWebhook = (id: string): Locks => ({ keys: [`webhook:${id}`] })
const free = (): Locks => NO_LOCKS
const only = (key: string) => (): Locks => ({ keys: [key] })
const idempotent = (idempotency: Idempotency | undefined): string[] =>
  idempotency ? [`idempotency:${idempotency.scope}/${idempotency.key}`] : []

type Writes = keyof typeof writes & keyof Store
type LocksOf = { readonly [M in Writes]?: (...args: Parameters<Store[M]>) => Locks }

const LOCKS: LocksOf = {
  addDocument: (itemId) => ({ keys: [], ofItem: itemId }),
  applyDiagnosis: ofConnection,
  approvePin: only('pins'),
  askRecipient: ofConnection,
  askTestLogin: ({ connectionId }, idempotency) => ({
    keys: [connection(connectionId), ...idempotent(idempotency)],
  }),
  beginErasure: (companyId) => ({ keys: [`company:${companyId}`] }),
  checkWritable: free,
  claimBillMail: free,
  claimDeliveries: free,
  // What is lined up for an endpoint, and what ends, changes the endpoint's row first.
  claimEvents: free,
  claimItem: free,
  claimTotp: of('attempt'),
  closeAttempt: (id, _outcome, _now, idempotency) => ({
    ...of('attempt')(id),
    keys: idempotent(idempotency),
  }),
  configureMfa: ofConnection,
  confirmRecipient: of('recipient'),
  countRefusal: free,
  createApiKey: free,
  createBillAddress: ({ companyId }) => ({ keys: [`company:${companyId}`] }),
  createCompany: free,
  createConnection: ({ id }) => ofConnection(id),
  createJob: free,
  createWebhook: ({ companyId }) => ({ keys: [`webhooks:${companyId}`] }),
  deleteConnection: ofConnection,
  eraseSome: (companyId) => ({ keys: [`company:${companyId}`] }),
  extendAttempt: of('attempt'),
  failItem: (itemId) => ({ keys: [], ofItem: itemId }),
  failNumberCheck: free,
  finishDelivery: of('delivery'),
  // Whom to tell, and in which mail, is decided by one node at a time.
  planNotices: only('notices'),
  findUnproven: only('notices'),
  claimNoticeMails: free,
  finishNoticeMail: free,
  releaseNoticeMails: free,
  stopNotices: free,
  finishEvent: (id) => ({ keys: [`event_delivery:${id}`] }),
  investigate: ofConnection,
  // One after the other: whose turn it is depends on whose it was last.
  leaseLogin: (_request, idempotency) => ({ keys: ['leases', ...idempotent(idempotency)] }),
  noteBillMail: free,
  noteBounce: of('delivery'),
  noteConfirmation: ofConnection,
  noteDeferral: free,
  // Holds whom it is about.
  noteNoticeBounce: free,
  noteNumberCheck: free,
  noteNumberRelease: free,
  noteProgress: free,
  noteProof: ofConnection,
  noteSmsReport: of('delivery'),
  openAttempt: ({ connectionId }, idempotency) => ({
    keys: [connection(connectionId), ...idempotent(idempotency)],
  }),
  oweNumber: free,
  openNumberCheck: ({ connectionId }) => ofConnection(connectionId),
  openProof: ofConnection,
  readAnswer: of('attempt'),
  releaseDeliveries: free,
  releaseEvents: free,
  releaseItems: free,
  releaseMessage: (id) => ({ ...of('message')(id), keys: [`message:${id}`] }),
  removeWebhook: ofWebhook,
  replayDelivery: free,
  replayEvents: ofWebhook,
  retireBillAddress: free,
  retireMailbox: ofConnection,
  retryItem: free,
  revokeApiKey: free,
  revokePin: only('pins'),
  rotateSecret: ofWebhook,
  sendTestEvent: ofWebhook,
  settleBillMail: free,
  settleCompany: (companyId) => ({ keys: ['leases', `company:${companyId}`] }),
  settleSecondLook: of('message'),
  startPhone: ofPhone,
  stopPhone: ofPhone,
  stopRecipient: of('recipient'),
  takeNumber: (connectionId) => ({ keys: [connection(connectionId), 'numbers'] }),
  typeCode: ({ connectionId }) => ofConnection(connectionId),
  updateCompany: free,
  updateConnection: ofConnection,
  updateWebhook: ofWebhook,
  writeAudit: free,
}

/** What a call of this method keeps to itself. */
export function locksOf(method: string, args: readonly unknown[]): Locks {
  const locks = LOCKS[method as Writes] as ((...args: readonly unknown[]) => Locks) | undefined
  return locks ? locks(...args) : ALONE
}

/** Takes them, waiting for whoever has them; they end with the transaction. */
export async function takeLocks(db: Kysely<Schema>, locks: Locks): Promise<void> {
  const { keys, of: owned, ofPhone, ofItem, alone = false } = locks
  if (keys.length === 0 && !owned && ofPhone === undefined && ofItem === undefined && !alone) return
  const wanted = [
    sql`select unnest(${[...keys]}::text[]) as key, false as is_shared`,
    sql`select ${WRITERS}, ${!alone}::boolean`,
  ]
  if (owned) {
    const { table, id } = owned
    wanted.push(sql`select 'connection:' || connection_id, false from ${sql.table(table)}
      where id = ${id} and connection_id is not null`)
  }
  if (ofPhone !== undefined) {
    wanted.push(sql`select 'connection:' || connection_id, false from recipient
      where address = ${ofPhone} and channel = 'sms'`)
  }
  if (ofItem !== undefined) {
    wanted.push(sql`select 'job:' || job_id, false from document_item where id = ${ofItem}`)
  }
  // The inner query is done, sorted, before the first lock is waited for.
  await sql`
    select case when is_shared then pg_advisory_xact_lock_shared(hashtextextended(key, 0)) is null
      else pg_advisory_xact_lock(hashtextextended(key, 0)) is null end
    from (select key, is_shared from (${sql.join(wanted, sql` union `)}) as wanted
      order by key collate "C" offset 0) as sorted`.execute(db)
}

/**
 * Takes the lock of a connection that only turned out in the course of a transaction, if it is free: waiting for it with
 * others in hand could be for ever.
 */
export async function tryConnection(db: Kysely<Schema>, id: string): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${connection(id)}, 0)) as taken`.execute(db)
  return rows[0]?.taken === true
}
