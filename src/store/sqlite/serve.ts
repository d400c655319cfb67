import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { type CallMessage, type Reply, type Settled, toWire, transferable } from './wire.ts'

/** Ends a thread once everything asked before is answered. */
export const CLOSE = 'close'

/** More would only make the first of them wait. */
const GROUP_LIMIT = 256

/**
 * A thread's loop: takes all calls that are there, lets `handle` do them together, answers, looks again. What
 * comes while one group runs makes the next, so groups grow with the load and nobody waits for a timer.
 *
 * @param handle must not throw: it settles every call
 * @param close runs after the last group
 * @param rest runs when all that came has been answered: what must be done, and nobody should wait for
 */
export function serve(
  port: MessagePort,
  handle: (calls: readonly CallMessage[]) => Promise<readonly Settled[]>,
  close: () => void,
  rest: () => void = () => {},
): void {
  const queue: CallMessage[] = []
  let isRunning = false

  const run = async (): Promise<void> => {
    for (;;) {
      drain(port, queue)
      const group = queue.splice(0, GROUP_LIMIT)
      if (group.length === 0) return
      const calls = group.filter(({ method }) => method !== CLOSE)
      if (calls.length > 0) answer(port, calls, await handle(calls))
      const last = group.find(({ method }) => method === CLOSE)
      if (last) return end(port, last, close)
      drain(port, queue)
      if (queue.length === 0) rest()
    }
  }
  port.on('message', (call: CallMessage) => {
    queue.push(call)
    if (isRunning) return
    isRunning = true
    void run().finally(() => {
      isRunning = false
    })
  })
}

function drain(port: MessagePort, queue: CallMessage[]): void {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port))
    queue.push(next.message)
}

function answer(port: MessagePort, calls: readonly CallMessage[], settled: readonly Settled[]): void {
  const replies = calls.map(({ id }, index): Reply => {
    const result = settled[index] ?? { error: new Error('the call was not settled') }
    return 'error' in result ? { id, error: toWire(result.error) } : { id, value: result.value }
  })
  port.postMessage(
    replies,
    replies.flatMap(({ value }) => transferable(value)),
  )
}

function end(port: MessagePort, { id }: CallMessage, close: () => void): void {
  close()
  port.postMessage([{ id, value: null } satisfies Reply])
  port.close()
}
