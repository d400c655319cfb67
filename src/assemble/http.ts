import { type HttpServer, startHttp } from '../http/server.ts'
import { type AppParts, makeApp } from './app.ts'
import { graceMs } from './grace.ts'

/** What the store, the outbox, DNS and log files need beside the doors. */
const OTHER_DESCRIPTORS = 500

/** Listens for the API, the pages and the webhooks. */
export async function openHttp(parts: AppParts): Promise<HttpServer> {
  const { config, base, waiters, totp, shutdown } = parts
  const { metrics } = base
  const http = await startHttp({
    app: makeApp(parts),
    host: config.httpHost,
    port: config.httpPort,
    reservedDescriptors: config.maxClients + OTHER_DESCRIPTORS,
    onRefused: metrics.connectionRefused,
  })
  metrics.watch('http_connections', 'Open HTTP connections.', http.connections)
  metrics.watch('http_connections_limit', 'Beyond it they are refused.', () => http.limit)
  shutdown.front(() => {
    waiters.close()
    totp.close()
    return http.close(graceMs(config))
  })
  return http
}
