import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ADMIN_KEY, callApi, provision, testEnvironment } from '../../test/support/relay.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { cpuTimeOf } from './cpu-time.ts'
import { freePort, type Peer, startServer } from './peer.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The relay itself: taken, parsed, judged, extracted, sealed and committed before the 250. */
export type RelayPeer = Peer & {
  readonly dataDir: string
  /** kill -9, so that nothing is tidied up before the store is looked into; then `remove`. */
  kill(): Promise<void>
  remove(): void
}

/**
 * Starts the real program with connections that own an address each.
 *
 * @param settings further environment variables; by default loopback is a trusted network and nothing is logged
 */
export async function startRelayPeer(
  connections: number,
  settings: Record<string, string> = {},
  name = 'mfa-relay',
): Promise<RelayPeer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-bench-'))
  const [port, httpPort] = [await freePort(), await freePort()]
  const env = {
    ...testEnvironment(dataDir),
    LOG_LEVEL: 'warn',
    SMTP_PORT: String(port),
    HTTP_PORT: String(httpPort),
    ...settings,
  }
  const profiled = process.env.BENCH_PROFILE
    ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`]
    : []
  const child = await startServer(process.execPath, [...profiled, 'src/main.ts', 'serve'], {
    port,
    cwd: ROOT,
    env,
  })
  const url = `http://127.0.0.1:${httpPort}`
  await waitFor(async () => (await fetch(`${url}/healthz`)).ok, 'the relay to answer')
  const api = <T>(method: string, path: string, body?: unknown) =>
    callApi<T>(url, method, path, body, ADMIN_KEY)
  const recipients: string[] = []
  for (let n = 0; n < connections; n += 1) recipients.push((await provision({ api })).emailAddress)
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }
  return {
    name,
    version: 'this commit',
    port,
    hasTls: true,
    recipients,
    dataDir,
    cpuMs: () => cpuTimeOf(child.pid ?? 0),
    // Looked at when all rounds are over: the whole store, code by code.
    takeCount: async () => null,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
  }
}
