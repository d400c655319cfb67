import { type Config, isManyNodes } from '../config.ts'
import { newId } from '../domain/id.ts'
import type { Metrics } from '../http/metrics.ts'
import { type Limits, limitRules, memoryLimits } from '../inbound/limits.ts'
import { sharedLimits } from '../inbound/shared-limits.ts'
import { log } from '../log.ts'
import type { Shutdown } from '../shutdown.ts'
import { memoryWakeup } from '../wakeup/memory.ts'
import { redisWakeup } from '../wakeup/redis.ts'
import { openRedis, type RedisClient } from '../wakeup/redis-client.ts'
import type { Wakeup } from '../wakeup/wakeup.ts'

/** Who leases deliveries and documents of an embedded store: this process, and before it the one whose place it took. */
const EMBEDDED = 'embedded'

/** What a node needs to be one of many. */
export type Node = {
  /** Names this process in leases. With an embedded store it is the same after a restart. */
  readonly holder: string
  readonly wakeup: Wakeup
  readonly limits: Limits
}

/** Wake-ups and limits: by way of Redis where it is set, else those of this process alone. */
export function openNode(config: Config, metrics: Pick<Metrics, 'watch'>, shutdown: Shutdown): Node {
  const nodeId = newId()
  const holder = isManyNodes(config) ? nodeId : EMBEDDED
  const rules = limitRules(config)
  if (!config.redisUrl) {
    const wakeup = memoryWakeup()
    shutdown.back(() => wakeup.close())
    return { holder, wakeup, limits: memoryLimits(rules) }
  }
  const client = connect(config.redisUrl, 'mfa-relay')
  const subscriber = connect(config.redisUrl, 'mfa-relay-wakeup')
  const wakeup = redisWakeup({ client, subscriber, nodeId })
  shutdown.back(async () => {
    await wakeup.close()
    client.disconnect()
  })
  metrics.watch('nodes', 'Nodes that are heard through Redis, this one included.', () => wakeup.peers() + 1)
  metrics.watch('wakeups_healthy', '1 while hints of other nodes arrive.', () => Number(wakeup.isHealthy()))
  return { holder, wakeup, limits: sharedLimits(rules, client) }
}

/** The log hears once of each outage, not of each try to connect. */
function connect(url: string, name: string): RedisClient {
  let isTold = false
  const client = openRedis(url, name, (error) => {
    if (!isTold) log.redisTrouble({ error })
    isTold = true
  })
  client.on('ready', () => {
    isTold = false
  })
  return client
}
