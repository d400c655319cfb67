import { z } from 'zod'
import { log } from '../log.ts'
import { type Link, watchLink } from './link.ts'
import { gatherTopics } from './outgoing.ts'
import type { RedisClient } from './redis-client.ts'
import { ANY_TOPIC, type Wakeup } from './wakeup.ts'

/*
 * Wake-ups between nodes over Redis pub/sub. Every node says every two seconds that it lives and listens for its own
 * words: so a broken connection, a Redis that stands still and a publisher and subscriber that reach different servers
 * look alike, and are noticed within seconds. A node that falls silent without a goodbye was killed, perhaps between
 * its commit and its hint, or is cut off from Redis: for a minute everyone looks for themselves.
 */

export type RedisWakeupOptions = {
  /** For commands; may be shared with others. Its owner closes it. */
  readonly client: RedisClient
  /** For this subscription alone; closed with it. */
  readonly subscriber: RedisClient
  /** Unique for each start of a process. */
  readonly nodeId: string
  readonly beatMs?: number
  readonly now?: () => number
}

/** Hints of all nodes. `peers`: how many others are heard. */
export type RedisWakeup = Wakeup & { peers(): number }

const messageSchema = z.object({
  node: z.string(),
  topics: z.array(z.string()).optional(),
  /** It goes, and everything it had to say is said. */
  left: z.literal(true).optional(),
})
type Message = z.infer<typeof messageSchema>

const BEAT_MS = 2_000
/** Three beats may be late before it counts as silence. */
const SILENT_BEATS = 3.5
const REMEMBER_BEATS = 30

/** Wake-ups within this process and, by way of Redis, between processes. Works alone while Redis is gone. */
export function redisWakeup(options: RedisWakeupOptions): RedisWakeup {
  const { client, subscriber, nodeId, beatMs = BEAT_MS, now = () => performance.now() } = options
  // Pub/sub knows no databases, but two relays on one server may be told apart by theirs.
  const channel = `mfa-relay:${client.options.db ?? 0}:wakeup`
  const link = watchLink({
    nodeId,
    silentMs: SILENT_BEATS * beatMs,
    rememberMs: REMEMBER_BEATS * beatMs,
    now,
  })
  const listeners = new Set<(topic: string) => void>()
  const tell = (topic: string): void => {
    for (const listener of listeners) listener(topic)
  }
  const publish = (message: Omit<Message, 'node'>) =>
    client.publish(channel, JSON.stringify({ node: nodeId, ...message }))
  const outgoing = gatherTopics((topics) => publish({ topics: [...topics] }))

  function take(text: string): void {
    const message = parse(text)
    if (!message) return
    if (message.left) {
      link.left(message.node)
      return
    }
    const isBack = link.heard(message.node)
    if (message.node !== nodeId) for (const topic of message.topics ?? []) tell(topic)
    else if (isBack) tell(ANY_TOPIC)
  }

  const speakUp = async (): Promise<void> => {
    outgoing.retry()
    // Fails while the other connection is not there; whichever comes last makes it heard.
    await publish({}).catch(() => {})
  }
  client.on('ready', speakUp)
  const listening = keepListening(subscriber, channel, take, link, speakUp)
  const noteState = stateLog(link)
  const beat = setInterval(() => {
    noteState()
    if (!link.isUp()) listening.startAgain(client)
    void speakUp()
  }, beatMs)
  beat.unref()

  return {
    notify(topic) {
      tell(topic)
      outgoing.add(topic)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    isHealthy: () => link.isUp() && link.silent().length === 0,
    peers: link.count,
    async close() {
      clearInterval(beat)
      client.off('ready', speakUp)
      listeners.clear()
      await publish({ left: true }).catch(() => {})
      listening.stop()
    },
  }
}

/** Subscribes whenever the connection is ready; `onListening` then makes others and ourselves hear of it. */
function keepListening(
  subscriber: RedisClient,
  channel: string,
  take: (text: string) => void,
  link: Link,
  onListening: () => Promise<void>,
) {
  const begin = async (): Promise<void> => {
    try {
      await subscriber.subscribe(channel)
      await onListening()
    } catch {
      // The connection broke again, and will be ready again.
    }
  }
  subscriber.on('message', (_channel: string, text: string) => take(text))
  subscriber.on('ready', begin)
  subscriber.on('close', link.lost)
  if (subscriber.status === 'ready') void begin()
  let silentBeats = 0
  return {
    /** Connections that look well but carry nothing are made anew: a firewall may have forgotten them. */
    startAgain(client: RedisClient): void {
      silentBeats += 1
      if (silentBeats % Math.ceil(SILENT_BEATS) !== 0) return
      for (const one of [subscriber, client]) if (one.status === 'ready') one.disconnect(true)
    },
    stop: () => subscriber.disconnect(),
  }
}

/** What others wrote; null: nothing of ours. */
function parse(text: string): Message | null {
  try {
    return messageSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** Says once when the link goes and once when it comes back, and the same of each node that falls silent. */
function stateLog(link: Link): () => void {
  let wasUp = true
  let known: readonly string[] = []
  return () => {
    const isUp = link.isUp()
    if (wasUp && !isUp) log.wakeupsLost()
    if (!wasUp && isUp) log.wakeupsBack()
    wasUp = isUp
    const silent = isUp ? link.silent() : known
    for (const node of silent) if (!known.includes(node)) log.nodeSilent({ node })
    known = silent
  }
}
