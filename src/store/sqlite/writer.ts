import { parentPort, workerData } from 'node:worker_threads'
import type Database from 'better-sqlite3'
import { collectStartupGarbage } from '../../startup-garbage.ts'
import type { Context } from '../context.ts'
import { checkKeys } from '../key-check.ts'
import { migrate } from '../migrations/migrate.ts'
import { putDocumentPart } from '../operations/document-content.ts'
import { removeExpired } from '../operations/expired.ts'
import { writes } from '../operations/index.ts'
import { resealRows, retireKeys } from '../operations/reseal.ts'
import { createSealer } from '../seal.ts'
import { scheduleCheckpoints } from './checkpoints.ts'
import { prepareClaim } from './claim.ts'
import { asKysely, openForWriting, SQLITE_TYPES } from './database.ts'
import { createGroupRunner, type Handlers } from './group.ts'
import { prepareSave } from './save.ts'
import { prepareSaveAndClaim } from './save-and-claim.ts'
import { serve } from './serve.ts'
import type { ThreadData } from './thread.ts'
import { type CallMessage, type Reply, toWire } from './wire.ts'

/* The thread that does all writes. Nothing ever kills it: a message is acknowledged only by what it commits. */

/** What can be asked of the writer, bound to its connection. */
function bind(database: Database.Database, context: Context): Handlers {
  const save = prepareSave(database, context.sealer)
  const claim = prepareClaim(database, context.sealer)
  const handlers: Record<string, Handlers[string]> = {
    ...save,
    ...claim,
    ...prepareSaveAndClaim(database, save, claim),
    removeExpired: (...args: [Parameters<typeof removeExpired>[1], number]) =>
      removeExpired(context, ...args),
    putDocumentPart: (...args: [string, number, Uint8Array, number]) => putDocumentPart(context, ...args),
  }
  for (const [method, operation] of Object.entries({ ...writes, resealRows, retireKeys })) {
    handlers[method] = (operation as (context: Context, ...args: never[]) => unknown).bind(null, context)
  }
  return handlers
}

/** Brings schema and key check up to date; the write lock makes a second process wait for the first. */
async function prepareStore(database: Database.Database, context: Context): Promise<void> {
  const now = Date.now()
  database.exec('begin exclusive')
  try {
    await migrate(context.db, { types: SQLITE_TYPES, now })
    await checkKeys(context, now)
    database.exec('commit')
  } catch (error) {
    if (database.inTransaction) database.exec('rollback')
    throw error
  }
}

const port = parentPort!
const { path, keys, pragmas } = workerData as ThreadData
try {
  const database = openForWriting(path, pragmas)
  const context: Context = { db: asKysely(database), sealer: createSealer(keys) }
  await prepareStore(database, context)
  const runGroup = createGroupRunner(database, bind(database, context))
  const { committed, rest } = scheduleCheckpoints(database)
  const handle = async (calls: readonly CallMessage[]) => {
    const settled = await runGroup(calls)
    committed()
    return settled
  }
  const close = () => {
    database.pragma('wal_checkpoint(TRUNCATE)')
    database.close()
  }
  serve(port, handle, close, rest)
  port.postMessage([{ id: 0, value: null } satisfies Reply])
  collectStartupGarbage()
} catch (error) {
  port.postMessage([{ id: 0, error: toWire(error) } satisfies Reply])
}
