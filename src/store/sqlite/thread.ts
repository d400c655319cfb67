import { Worker } from 'node:worker_threads'
import { Failure } from '../../domain/failure.ts'
import type { Pragmas } from './database.ts'
import { CLOSE } from './serve.ts'
import { type CallMessage, fromWire, type Reply } from './wire.ts'

/** What a store thread is started with. */
export type ThreadData = {
  readonly path: string
  readonly keys: readonly Uint8Array[]
  readonly pragmas: Pragmas
}

/** A store thread as the main thread sees it. */
export type Thread = {
  /** @param transfer buffers that are given over and must not be used afterwards */
  call<T>(method: string, args: readonly unknown[], transfer?: ArrayBuffer[]): Promise<T>
  /** Calls that wait for their answer. */
  pending(): number
  /** Answers everything asked before, then ends the thread. */
  close(): Promise<void>
}

type Waiting = { resolve: (value: never) => void; reject: (error: Error) => void }

/** The reply that says that a thread is ready, or why it cannot be. */
const READY = 0

// Sources run as they are; what is built has the other extension, and nothing rewrites it in a URL.
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/**
 * Starts `writer` or `reader` and waits until it is ready.
 *
 * @param onFatal called once if the thread dies before it was closed; every open call is rejected then
 */
export async function startThread(
  name: 'writer' | 'reader',
  workerData: ThreadData,
  onFatal: (error: Error) => void,
): Promise<Thread> {
  const worker = new Worker(new URL(`./${name}.${extension}`, import.meta.url), { workerData, name })
  const waiting = new Map<number, Waiting>()
  let lastId = READY
  let state: 'starting' | 'open' | 'closing' | 'dead' = 'starting'

  const send = <T>(id: number, message: CallMessage | null, transfer: ArrayBuffer[] = []): Promise<T> =>
    new Promise((resolve, reject) => {
      if (message) worker.postMessage(message, transfer)
      waiting.set(id, { resolve, reject })
    })
  const die = (error: Error): void => {
    if (state === 'dead') return
    // One that does not start says why to whoever started it. Its end may come in the same turn as that.
    const wasOpen = state === 'open'
    const failure = state === 'starting' ? error : new Failure('unavailable', 'The store has stopped')
    state = 'dead'
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
    if (wasOpen) onFatal(error)
  }
  worker.on('message', (replies: readonly Reply[]) => {
    for (const reply of replies) {
      if (reply.id === READY && !reply.error) state = 'open'
      settle(waiting, reply)
    }
  })
  worker.on('error', die)
  worker.on('exit', (code) => die(new Error(`the store's ${name} ended with exit code ${code}`)))

  const call = <T>(method: string, args: readonly unknown[], transfer?: ArrayBuffer[]): Promise<T> => {
    if (state !== 'open') return Promise.reject(new Failure('unavailable', 'The store is closed'))
    lastId += 1
    return send<T>(lastId, { id: lastId, method, args }, transfer)
  }
  await send(READY, null).catch(async (error: unknown) => {
    state = 'closing'
    await worker.terminate()
    throw error
  })
  return {
    call,
    pending: () => waiting.size,
    async close() {
      if (state !== 'open') return
      const exited = new Promise((resolve) => worker.once('exit', resolve))
      const closed = call(CLOSE, [])
      state = 'closing'
      await closed
      await exited
    },
  }
}

function settle(waiting: Map<number, Waiting>, { id, value, error }: Reply): void {
  const call = waiting.get(id)
  waiting.delete(id)
  if (error) call?.reject(fromWire(error))
  else call?.resolve(value as never)
}
