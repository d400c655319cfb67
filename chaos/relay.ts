import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { atExit } from './at-exit.ts'
import type { Random } from './random.ts'

/** Compiled modules, shared by all processes of a run: a third of a start is compiling. Written at a clean end only. */
const compiled = mkdtempSync(join(tmpdir(), 'mfa-relay-compiled-'))
atExit(() => rmSync(compiled, { recursive: true, force: true }))

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Below the range that the system takes ports of outgoing connections from: ours must stay free while it is dead. */
const PORTS = { low: 18_000, high: 32_000 }
const START_MS = 60_000
const LOG_LINES = 300

/** The real program, in a process of its own, that is killed and started again on the same ports and data. */
export type RelayUnderTest = {
  readonly smtpPort: number
  readonly httpPort: number
  readonly url: string
  /** Counts the processes so far. */
  readonly generation: number
  readonly pid: number | undefined
  readonly isUp: boolean
  /** When a process was killed (performance.now(), ms). */
  readonly killedAt: readonly number[]
  /** Begins to start, to be killed on the way. */
  launch(): void
  /** Starts and resolves once it says so. @throws RelayEnded when it ends instead */
  start(): Promise<void>
  /** The signal is sent at once; resolves when the process is gone. */
  kill(): Promise<void>
  /** Asks it to stop; resolves when it is gone. */
  stop(): Promise<void>
}

/** It ended by itself. */
export class RelayEnded extends Error {
  readonly exitCode: number | null
  constructor(exitCode: number | null, output: string) {
    super(`the relay ended with ${exitCode}: ${lastWords(output)}`)
    this.exitCode = exitCode
  }
}

/** The first complaint of its last moments says why; what follows is mostly the clearing up. */
function lastWords(output: string): string {
  const lines = output.split('\n').slice(-30)
  const complaint =
    lines.find((line) => !line.startsWith('{')) ?? lines.find((line) => /"level":50/.test(line))
  return (complaint ?? lines.at(-1) ?? '').slice(0, 400)
}

type Life = { readonly child: ChildProcess; readonly started: Promise<void> }

/**
 * @param env settings; only PATH is taken over from this process
 * @param onEnd it had started, and ended without having been killed
 */
export async function relayUnderTest(
  env: Readonly<Record<string, string>>,
  random: Random,
  onEnd: (error: RelayEnded) => void,
): Promise<RelayUnderTest> {
  const [smtpPort, httpPort] = [await freePort(random), await freePort(random)]
  const settings = { ...env, SMTP_PORT: String(smtpPort), HTTP_PORT: String(httpPort) }
  const killedAt: number[] = []
  let generation = 0
  let life: Life | null = null
  let isUp = false

  function launch(): Life {
    if (life) throw new Error('the relay is running already')
    generation += 1
    const mine = begin(settings, (error) => {
      if (life !== mine) return
      const wasUp = isUp
      life = null
      isUp = false
      if (wasUp) onEnd(error)
    })
    life = mine
    mine.started.then(
      () => {
        if (life === mine) isUp = true
      },
      () => {},
    )
    return mine
  }

  return {
    smtpPort,
    httpPort,
    url: `http://127.0.0.1:${httpPort}`,
    get generation() {
      return generation
    },
    get pid() {
      return life?.child.pid
    },
    get isUp() {
      return isUp
    },
    killedAt,
    launch: () => void launch(),
    start: () => (life ?? launch()).started,
    async kill() {
      if (!life) return
      const { child } = life
      life = null
      isUp = false
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      killedAt.push(performance.now())
      await gone
    },
    async stop() {
      if (!life) return
      const { child } = life
      life = null
      isUp = false
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}

function begin(env: Record<string, string>, onEnd: (error: RelayEnded) => void): Life {
  const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'info', NODE_COMPILE_CACHE: compiled, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const forget = atExit(() => child.kill('SIGKILL'))
  child.once('exit', forget)
  const lines: string[] = []
  const started = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not started within ${START_MS} ms`)), START_MS)
    const take = (chunk: string): void => {
      if (chunk.includes('"event":"started"')) resolve()
      lines.push(...chunk.split('\n').filter(Boolean))
      if (lines.length > 2 * LOG_LINES) lines.splice(0, lines.length - LOG_LINES)
    }
    child.stdout?.setEncoding('utf8').on('data', take)
    child.stderr?.setEncoding('utf8').on('data', take)
    child.once('error', reject)
    child.once('exit', (code) => {
      const error = new RelayEnded(code, lines.join('\n'))
      reject(error)
      onEnd(error)
    })
    child.once('exit', () => clearTimeout(timer))
    timer.unref()
  })
  // Whoever kills it while it starts does not wait for it.
  started.catch(() => {})
  return { child, started }
}

async function freePort(random: Random): Promise<number> {
  for (;;) {
    const port = PORTS.low + random.below(PORTS.high - PORTS.low)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    await new Promise((resolve) => server.close(resolve))
    if (isFree) return port
  }
}
