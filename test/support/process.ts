import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The real program in a process of its own, to be killed. */
export type RelayProcess = {
  readonly smtpPort: number
  readonly httpPort: number
  readonly url: string
  readonly child: ChildProcess
  /** Everything it has logged so far. */
  logs(): string
  /** kill -9: no goodbyes. Resolves when it is gone. */
  kill(): Promise<void>
  /** Asks it to stop; resolves to its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/**
 * Starts `serve` and waits until it says that it has started.
 *
 * @param env settings; only PATH is taken over from this process
 * @param program what Node is to run, with flags before it
 * @throws Error with what it printed, when it ends before that
 */
export async function startProcess(
  env: Record<string, string>,
  program: readonly string[] = ['src/main.ts'],
): Promise<RelayProcess> {
  const child = spawn(process.execPath, [...program, 'serve'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  const started = await new Promise<{ smtpPort: number; httpPort: number }>((resolve, reject) => {
    let isStarted = false
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      // Benches log for minutes: whoever searched all of it at each line would measure that.
      if (isStarted) return
      const line = output.split('\n').find((text) => text.includes('"event":"started"') && text.endsWith('}'))
      if (!line) return
      isStarted = true
      resolve(JSON.parse(line))
    })
    child.once('exit', (code) => reject(new Error(`the relay ended with ${code}: ${errors || output}`)))
    child.once('error', reject)
  })
  child.removeAllListeners('exit')
  return {
    smtpPort: started.smtpPort,
    httpPort: started.httpPort,
    url: `http://127.0.0.1:${started.httpPort}`,
    child,
    logs: () => output + errors,
    async kill() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null) return child.exitCode
      const gone = once(child, 'exit')
      child.kill(signal)
      const [code] = await gone
      return code
    },
  }
}
