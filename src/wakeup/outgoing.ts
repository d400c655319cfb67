import { ANY_TOPIC } from './wakeup.ts'

/** Topics on their way to other nodes. */
export type Outgoing = {
  add(topic: string): void
  /** Tries again what could not be published: by then it is one hint that says "anything". */
  retry(): void
}

/** More than this is not told apart any more. */
const MOST_WAITING = 10_000
const MOST_IN_ONE = 1_000

/**
 * Publishes topics, each at once where nothing is under way; what comes while a publication runs makes the next, each
 * topic once. So a thousand hints a second need no timer and flood nobody, and while nothing can be published only
 * {@link ANY_TOPIC} is kept.
 *
 * @param publish rejects when it could not be said
 */
export function gatherTopics(
  publish: (topics: readonly string[]) => Promise<unknown>,
  mostWaiting = MOST_WAITING,
): Outgoing {
  let waiting = new Set<string>()
  let isRunning = false

  async function run(): Promise<void> {
    isRunning = true
    // What one piece of work notifies, such as a code and its copies, goes out together.
    await null
    try {
      while (waiting.size > 0) {
        const batch = [...waiting].slice(0, MOST_IN_ONE)
        for (const topic of batch) waiting.delete(topic)
        await publish(batch)
      }
    } catch {
      waiting = new Set([ANY_TOPIC])
    }
    isRunning = false
  }

  return {
    add(topic) {
      if (waiting.has(ANY_TOPIC)) return
      if (waiting.size >= mostWaiting) waiting = new Set([ANY_TOPIC])
      else waiting.add(topic)
      if (!isRunning) void run()
    },
    retry() {
      if (!isRunning && waiting.size > 0) void run()
    },
  }
}
