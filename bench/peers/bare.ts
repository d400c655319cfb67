import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { cpuTimeOf } from './cpu-time.ts'
import { endServer, freePort, type Peer, startServer } from './peer.ts'

/** smtp-server, the library that our door is made with, discarding everything. */
export async function startBare(recipients: readonly string[]): Promise<Peer> {
  const port = await freePort()
  const program = fileURLToPath(new URL('./bare-server.ts', import.meta.url))
  const child = await startServer(process.execPath, [program, String(port)], { port })
  const { version } = createRequire(import.meta.url)('smtp-server/package.json') as { version: string }
  return {
    name: 'smtp-server, discarding',
    version,
    port,
    hasTls: true,
    recipients,
    cpuMs: () => cpuTimeOf(child.pid ?? 0),
    takeCount: async () => null,
    stop: () => endServer(child),
  }
}
