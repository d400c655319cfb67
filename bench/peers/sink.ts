import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { ensureTool } from '../../scripts/setup.ts'
import { cpuTimeOf } from './cpu-time.ts'
import { endServer, freePort, type Peer, startServer } from './peer.ts'

/** Postfix's smtp-sink: one process in C that takes and discards. The ceiling, also for the load generator. */
export async function startSink(recipients: readonly string[]): Promise<Peer> {
  const programs = dirname(ensureTool('postfix'))
  const port = await freePort()
  // A process of its own; as root it wants to be told whom to be.
  const user = process.getuid?.() === 0 ? ['-u', 'postfix'] : []
  const child = await startServer(join(programs, 'smtp-sink'), [...user, `127.0.0.1:${port}`, '1024'], {
    port,
  })
  return {
    name: 'smtp-sink',
    version: execFileSync(join(programs, 'postconf'), ['-h', 'mail_version'], { encoding: 'utf8' }).trim(),
    port,
    hasTls: false,
    recipients,
    cpuMs: () => cpuTimeOf(child.pid ?? 0),
    takeCount: async () => null,
    stop: () => endServer(child),
  }
}
