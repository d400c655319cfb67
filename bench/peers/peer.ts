import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A mail server to be measured. */
export type Peer = {
  readonly name: string
  readonly version: string
  readonly port: number
  readonly hasTls: boolean
  /** Whom mail may be sent to. */
  readonly recipients: readonly string[]
  /** How many messages it holds on disk since it was asked last; null: it keeps none. */
  takeCount(): Promise<number | null>
  /** Processor time of all its processes so far, ms; null: not known. */
  cpuMs(): number | null
  stop(): Promise<void>
}

/** Free at the moment it is asked for. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

const START_MS = 120_000

/** Starts a program and waits until it greets on its port. @throws Error with what it said, if it ends before */
export async function startServer(
  command: string,
  args: readonly string[],
  options: { port: number; cwd?: string; env?: Record<string, string> },
): Promise<ChildProcess> {
  const { port, cwd, env } = options
  const child = spawn(command, args, {
    ...(cwd ? { cwd } : {}),
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said = (said + chunk).slice(-2_000)
    })
  }
  for (const until = performance.now() + START_MS; performance.now() < until; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}: ${said}`)
    if (await greets(port)) return child
  }
  child.kill('SIGKILL')
  throw new Error(`${command} did not greet on port ${port}: ${said}`)
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    socket.setTimeout(1_000, () => end(false))
    socket.once('data', () => end(true))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
  })
}

/** Asks it to end, and makes it. */
export async function endServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await gone
  clearTimeout(timer)
}
