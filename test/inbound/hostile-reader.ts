import { threadId, workerData } from 'node:worker_threads'
import { type ReadMessage, unreadReading } from '../../src/inbound/read-message.ts'
import type { ReaderData } from '../../src/inbound/reader-protocol.ts'
import { serveReader } from '../../src/inbound/reader-thread.ts'

/* A reader thread whose messages say in their body what is to happen while they are read. */

const { occupancy, utilities, settings } = workerData as ReaderData<{ broken?: boolean }>
if (settings.broken) throw new Error('this reader does not start')
let definitions = utilities.size

let present = 0
let place: number | null = null
const everybodyIsHere = Promise.withResolvers<void>()

/** A message that waits, as one does for DNS; what is tested is that deadlines of real clocks leave out real waits. */
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const read: ReadMessage = async (message, readers, onResume) => {
  const order = message.channel === 'sms' ? message.body : Buffer.from(message.raw).toString().trimEnd()
  const deeds: Record<string, () => unknown> = {
    spin: () => {
      for (;;);
    },
    'wait, then spin': async () => {
      await pause(30)
      onResume()
      for (;;);
    },
    'eat all memory': () => {
      const eaten: unknown[] = []
      for (;;) eaten.push(new Array(100_000).fill(eaten.length))
    },
    'end the thread': () => process.exit(1),
    'take a second': () => {
      for (const until = performance.now() + 1_000; performance.now() < until; );
    },
    where: async () => {
      await pause(30)
      place = threadId
    },
    'own memory': () => {
      if (message.channel === 'email' && message.raw.buffer instanceof SharedArrayBuffer) throw new Error()
    },
    throw: () => {
      throw new Error('a fault in the reader')
    },
    wait: async () => {
      await pause(60)
      onResume()
    },
    'wait long': () => pause(900),
    'meet 200': () => {
      present += 1
      if (present === 200) everybodyIsHere.resolve()
      return everybodyIsHere.promise
    },
  }
  await deeds[order]?.()
  const reading = unreadReading(message, readers.length, 'unparsable')
  return {
    ...reading,
    summary: {
      ...reading.summary,
      subject: place === null ? `${order} with ${definitions} definitions` : `thread ${place}`,
    },
  }
}

serveReader(occupancy, {
  read,
  reload: (current) => {
    definitions = current.size
  },
})
