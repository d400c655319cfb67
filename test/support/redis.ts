import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureTool } from '../../scripts/setup.ts'
import { freePort } from './free-port.ts'

/** A Redis of its own on a free loopback port, without a disk, to be stopped, paused and flushed. */
export type TestRedis = {
  readonly url: string
  /** Starts it again on the same port, empty. */
  start(): Promise<void>
  /** kill -9. Resolves when it is gone. */
  kill(): Promise<void>
  /** Stands still with its connections open (SIGSTOP), until `resume`. */
  pause(): void
  resume(): void
  /** One command; its raw reply, as far as one packet brings it. */
  command(...words: string[]): Promise<string>
  close(): Promise<void>
}

/** @throws Error with one line that says what is missing */
export async function startRedis(): Promise<TestRedis> {
  const program = ensureTool('redis-server')
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-redis-'))
  const port = await freePort()
  let child: ChildProcess | null = null

  async function start(): Promise<void> {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    const mine = spawn(program, [...options, '--dir', folder], { stdio: ['ignore', 'pipe', 'pipe'] })
    child = mine
    process.once('exit', () => mine.kill('SIGKILL'))
    await new Promise<void>((resolve, reject) => {
      let output = ''
      mine.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
        if (output.includes('Ready to accept connections')) resolve()
      })
      mine.once('error', reject)
      mine.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${output.slice(-300)}`)))
    })
  }
  async function kill(): Promise<void> {
    if (!child) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    child = null
    await gone
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}/0`,
    start,
    kill,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    command: (...words) => ask(port, words),
    async close() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function ask(port: number, words: readonly string[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    await once(socket, 'connect')
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
    socket.write(`*${words.length}\r\n${parts.join('')}`)
    const [reply] = (await once(socket, 'data')) as [Buffer]
    return reply.toString('utf8')
  } finally {
    socket.destroy()
  }
}
