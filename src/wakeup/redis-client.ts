import { Redis } from 'ioredis'

export type RedisClient = Redis

/** An answer that takes longer is none: what Redis holds is not worth waiting for. */
const ANSWER_MS = 500
const CONNECT_MS = 5_000
const LONGEST_RETRY_MS = 2_000

/**
 * A connection to Redis that comes back by itself, and that keeps nothing while it is gone: a command then fails at
 * once, and none is sent again later. Errors of the connection are told to `onTrouble`, not thrown.
 *
 * @param url `redis://` or `rediss://`, with user, password and database number as usual
 * @param name shown by Redis in `CLIENT LIST`
 */
export function openRedis(url: string, name: string, onTrouble: (error: Error) => void): RedisClient {
  const client = new Redis(url, {
    connectionName: name,
    connectTimeout: CONNECT_MS,
    commandTimeout: ANSWER_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    // Spread, as all nodes lose it at the same moment.
    retryStrategy: (tries) =>
      Math.min(LONGEST_RETRY_MS, 50 * 2 ** Math.min(tries, 6)) * (0.5 + Math.random()),
  })
  client.on('error', onTrouble)
  return client
}
