import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureTool } from '../../scripts/setup.ts'
import { freePort } from './free-port.ts'
import type { RelayProcess } from './process.ts'
import { waitFor } from './wait-for.ts'

const SHIPPED = new URL('../../docs/operations/haproxy.cfg', import.meta.url)

type Node = Pick<RelayProcess, 'smtpPort' | 'httpPort'>

/** A real HAProxy before nodes on this machine. */
export type Haproxy = { readonly smtpPort: number; readonly httpPort: number; close(): Promise<void> }

/**
 * Starts HAProxy with the configuration that we ship, in which only addresses and ports are others; nodes that it names
 * beyond those that there are, are left out.
 *
 * @throws Error with what HAProxy says of the configuration
 */
export async function startHaproxy(nodes: readonly Node[]): Promise<Haproxy> {
  const program = ensureTool('haproxy')
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-haproxy-'))
  const [smtpPort, httpPort] = [await freePort(), await freePort()]
  const config = readFileSync(SHIPPED, 'utf8')
    .replace('bind :2525', `bind 127.0.0.1:${smtpPort}`)
    .replace('bind :8080', `bind 127.0.0.1:${httpPort}`)
    .replace(/^ *server node-(\d) node-\d:(\d+)\n/gm, (_, n, port) => serverLine(nodes, Number(n), port))
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(file, config)
  const child = spawn(program, ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  await whenListening(child, httpPort)
  return {
    smtpPort,
    httpPort,
    async close() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function serverLine(nodes: readonly Node[], n: number, port: string): string {
  const node = nodes[n - 1]
  if (!node) return ''
  const address =
    port === '2525' ? `127.0.0.1:${node.smtpPort} port ${node.httpPort}` : `127.0.0.1:${node.httpPort}`
  return `  server node-${n} ${address}\n`
}

/** Without nodes that are ready it answers 503 by itself. */
async function whenListening(child: ChildProcess, httpPort: number): Promise<void> {
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk
    })
  }
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`haproxy ended with ${code}: ${said.slice(-1_000)}`)
  })
  const answers = waitFor(() => fetch(`http://127.0.0.1:${httpPort}/readyz`), 'HAProxy to listen')
  ended.catch(() => {})
  await Promise.race([answers, ended])
}
