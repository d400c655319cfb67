import { parentPort, workerData } from 'node:worker_threads'
import type Database from 'better-sqlite3'
import { collectStartupGarbage } from '../../startup-garbage.ts'
import type { Context } from '../context.ts'
import { openDocument, openDocumentContent } from '../operations/document-content.ts'
import { selectExpired } from '../operations/expired.ts'
import { longReads } from '../operations/index.ts'
import { openBody } from '../operations/messages.ts'
import { listOldKeys, selectStale } from '../operations/reseal.ts'
import { createSealer } from '../seal.ts'
import { asKysely, openForReading } from './database.ts'
import { serve } from './serve.ts'
import type { ThreadData } from './thread.ts'
import { type CallMessage, type Reply, type Settled, toWire } from './wire.ts'

/* The thread for reads that take long: lists, bodies, what retention looks for. */

type Operation = (context: Context, ...args: never[]) => Promise<unknown>

const operations: Readonly<Record<string, Operation>> = {
  ...longReads,
  selectExpired,
  listOldKeys,
  selectStale,
  openBody,
  openDocument,
  openDocumentContent,
}

/** Each call reads from one snapshot, however many statements it takes. */
async function read(database: Database.Database, context: Context, call: CallMessage): Promise<Settled> {
  try {
    const operation = operations[call.method]
    if (!operation) throw new TypeError(`the reader knows no ${call.method}`)
    database.exec('begin')
    return { value: await operation(context, ...(call.args as never[])) }
  } catch (error) {
    return { error }
  } finally {
    if (database.inTransaction) database.exec('rollback')
  }
}

const port = parentPort!
const { path, keys } = workerData as ThreadData
try {
  const database = openForReading(path)
  const context: Context = { db: asKysely(database), sealer: createSealer(keys) }
  const readAll = async (calls: readonly CallMessage[]): Promise<Settled[]> => {
    const settled: Settled[] = []
    for (const call of calls) settled.push(await read(database, context, call))
    return settled
  }
  serve(port, readAll, () => database.close())
  port.postMessage([{ id: 0, value: null } satisfies Reply])
  collectStartupGarbage()
} catch (error) {
  port.postMessage([{ id: 0, error: toWire(error) } satisfies Reply])
}
