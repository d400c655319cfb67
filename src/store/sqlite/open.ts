import { newId } from '../../domain/id.ts'
import type { SavedInbound } from '../../domain/inbound-record.ts'
import type { Context } from '../context.ts'
import { handOver } from '../hand-over.ts'
import { longReads, rowReads, writes } from '../operations/index.ts'
import { purgeInSteps } from '../purge.ts'
import { type Resealing, resealInSteps } from '../reseal.ts'
import { createSealer } from '../seal.ts'
import type { Store } from '../store.ts'
import { prepareAttemptReads } from './claim.ts'
import { asKysely, openForReading, type Pragmas } from './database.ts'
import { documentCalls } from './documents.ts'
import { prepareFindMailbox } from './find-mailbox.ts'
import { withLargeBodies } from './large-body.ts'
import { rememberMailboxes } from './recent-mailboxes.ts'
import { startThread, type Thread } from './thread.ts'
import { translate } from './wire.ts'

export type SqliteOptions = {
  /** The database file; made on first use. */
  readonly path: string
  /** 32 bytes each: the first seals, all open. */
  readonly masterKeys: readonly Uint8Array[]
  /** A thread of the store died: nothing can be kept any more, the process must end. Default: throw. */
  readonly onFatal?: (error: Error) => void
  /** Further pragmas of the writing connection, e.g. `{ cache_size: -64000 }`. */
  readonly pragmas?: Pragmas
}

type Claimed = Awaited<ReturnType<NonNullable<Store['saveAndClaim']>>>

/**
 * The embedded store: one file, a thread that does all writes, a thread for long reads, and a read-only
 * connection here for single rows. See docs/decisions/020-one-writer-in-groups.md.
 *
 * @throws WrongMasterKeyError, StoreTooNewError
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const { path, masterKeys: keys, pragmas = {}, onFatal = rethrow } = options
  const writer = await startThread('writer', { path, keys, pragmas }, onFatal)
  const reader = await startThread('reader', { path, keys, pragmas }, onFatal).catch(async (error) => {
    await writer.close()
    throw error
  })
  const database = openForReading(path)
  const context: Context = { db: asKysely(database), sealer: createSealer(keys) }
  const { findMailbox, forget } = rememberMailboxes(prepareFindMailbox(database))
  const hotReads = { findMailbox, ...prepareAttemptReads(database) }

  const hasMessage = (...args: [string, string]) => rowReads.hasMessage(context, ...args)

  return {
    ...inThread(telling(writer, forget), writes),
    ...inThread(reader, longReads),
    ...here(rowReads, context),
    ...here(hotReads),
    ...documentCalls(writer, reader),
    saveInbound: (records) =>
      withLargeBodies(writer, hasMessage, records, async (saving) => {
        const [given, transfer] = handOver(saving)
        const saved = await writer.call<SavedInbound[]>('saveInbound', [given], transfer)
        return { saved, result: saved }
      }),
    saveAndClaim: (records, claims) =>
      withLargeBodies(writer, hasMessage, records, async (saving) => {
        const [given, transfer] = handOver(saving)
        const result = await writer.call<Claimed>('saveAndClaim', [given, claims], transfer)
        return { saved: result.saved, result }
      }),
    claimCode: (...args) => writer.call('claimCode', args),
    async readBody(id, { actor, action, at }) {
      const message = await rowReads.getMessage(context, id)
      if (!message?.hasBody) return null
      // First on record, then seen.
      const entry = { id: newId(), at, actor, action, subject: `message:${id}`, detail: null }
      await writer.call('writeAudit', [entry])
      return reader.call('openBody', [id])
    },
    reseal: (isStopped) => resealInSteps(resealing(reader, writer), isStopped),
    // There is no other node.
    alone: (_task, run) => run(),
    queues: () => ({ writer: writer.pending(), store_reader: reader.pending() }),
    purge: (request) =>
      purgeInSteps(
        {
          select: (asked) => reader.call('selectExpired', [asked]),
          remove: (step, now) => writer.call('removeExpired', [step, now]),
        },
        request,
      ),
    async close() {
      await reader.close()
      database.close()
      await writer.close()
    },
  }
}

const resealing = (reader: Thread, writer: Thread): Resealing => ({
  listOldKeys: () => reader.call('listOldKeys', []),
  selectStale: (...args) => reader.call('selectStale', args),
  resealRows: (...args) => writer.call('resealRows', args),
  async retireKeys() {
    await writer.call('retireKeys', [])
    return true
  },
})

function rethrow(error: Error): never {
  throw error
}

/** The same thread, with somebody told when a call begins and when it has ended. */
const telling = (thread: Thread, tell: () => void): Pick<Thread, 'call'> => ({
  call(...args) {
    tell()
    return thread.call<never>(...args).finally(tell)
  },
})

/** Store methods that a thread carries out. */
function inThread<M extends object>(
  thread: Pick<Thread, 'call'>,
  operations: M,
): Pick<Store, keyof M & keyof Store> {
  const methods = Object.keys(operations).map((method) => [
    method,
    (...args: unknown[]) => thread.call(method, args),
  ])
  return Object.fromEntries(methods)
}

/** Store methods that are carried out at once, on this thread's connection. */
function here<M extends object>(operations: M, ...bound: unknown[]): Pick<Store, keyof M & keyof Store> {
  const methods = Object.entries(operations).map(([method, operation]) => [
    method,
    async (...args: unknown[]) => {
      try {
        return await operation(...bound, ...args)
      } catch (error) {
        throw translate(error)
      }
    },
  ])
  return Object.fromEntries(methods)
}
