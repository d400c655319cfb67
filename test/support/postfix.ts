import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ensureTool } from '../../scripts/setup.ts'
import { folderOf, type PostfixOptions, writeConfig } from './postfix-config.ts'
import { smtpConnect } from './smtp-client.ts'
import { waitFor } from './wait-for.ts'

/** A message in a queue, as `postqueue -j` tells it. */
export type Queued = {
  readonly queue_name: string
  readonly queue_id: string
  readonly sender: string
  readonly recipients: readonly { readonly address: string; readonly delay_reason?: string }[]
}

/** A real Postfix with a configuration, a queue and mailboxes of its own. */
export type Postfix = {
  readonly port: number
  /** Where what `filterPort` has seen comes back. */
  readonly reinjectPort: number
  readonly smtpUrl: string
  /** What waits in its queue. */
  queue(): Promise<readonly Queued[]>
  /** Tries everything that waits again now. */
  flush(): Promise<void>
  /** Everything logged so far. */
  log(): string
  /** The mails in one of its mailboxes, as they were delivered, oldest first. */
  mails(address: string): readonly string[]
  /** Changes its settings while it runs. */
  change(options: Partial<PostfixOptions>): Promise<void>
  /** Prints the queue, and the log since it was shown last, where SHOW_POSTFIX asks for it. */
  show(moment: string): Promise<void>
  close(): Promise<void>
}

const run = promisify(execFile)
const BIND_TRIES = 3
const GREETING_MS = 60_000

/** Whether Postfix can run here; false, with a line on the console, where it cannot and this is not CI. */
export function hasPostfix(): boolean {
  try {
    ensureTool('postfix')
    // master(8) binds, chowns and changes users: it refuses to start as anybody else.
    if (process.getuid?.() !== 0) throw new Error('Postfix starts as root only: run these tests as root')
    return true
  } catch (error) {
    if (process.env.CI) throw error
    console.warn(`tests with Postfix are left out: ${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}

/** Starts a Postfix on a free port of this machine, in the foreground of this process. */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-postfix-'))
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(folder, options)
    } catch (error) {
      // Somebody else may have taken the port between asking and binding.
      if (tries === BIND_TRIES) throw error
    }
  }
}

async function start(folder: string, options: PostfixOptions): Promise<Postfix> {
  const binDir = dirname(ensureTool('postfix'))
  const configDir = join(folder, 'etc')
  const logFile = join(folder, 'log')
  const ports = { port: await freePort(), reinjectPort: await freePort() }
  const command = (name: string, ...args: string[]) => run(join(binDir, name), ['-c', configDir, ...args])
  const log = () => readFileSync(logFile, 'utf8')
  let current = options
  let shown = 0
  prepare(folder)
  writeConfig(folder, ports, current)
  await command('postfix', 'post-install', 'create-missing')
  let master = await startMaster(binDir, configDir, ports.port, log)
  return {
    ...ports,
    smtpUrl: `smtp://127.0.0.1:${ports.port}`,
    queue: async () => parseLines((await command('postqueue', '-j')).stdout),
    flush: async () => void (await command('postqueue', '-f')),
    log,
    mails: (address) => readMails(join(folder, 'mail', folderOf(address), 'new')),
    async change(change) {
      // A reload is done some time later; a restart, now.
      await stopMaster(master)
      current = { ...current, ...change }
      writeConfig(folder, ports, current)
      master = await startMaster(binDir, configDir, ports.port, log)
    },
    async show(moment) {
      if (!process.env.SHOW_POSTFIX) return
      const { stdout } = await command('postqueue', '-p')
      console.log(`\n--- ${options.hostname}: ${moment}\n${stdout.trim()}\n${log().slice(shown).trim()}`)
      shown = log().length
    },
    async close() {
      await stopMaster(master)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A child of this process that ends with it, and the leader of a group: it tells the whole group to stop. */
async function startMaster(
  binDir: string,
  configDir: string,
  port: number,
  log: () => string,
): Promise<ChildProcess> {
  const daemons = execFileSync(join(binDir, 'postconf'), ['-h', 'daemon_directory'], { encoding: 'utf8' })
  const master = spawn(join(daemons.trim(), 'master'), ['-c', configDir, '-d'], {
    stdio: 'ignore',
    detached: true,
  })
  const kill = () => master.kill('SIGTERM')
  process.once('exit', kill)
  master.once('exit', () => process.off('exit', kill))
  try {
    await waitFor(
      async () => {
        if (master.exitCode !== null) return true
        const client = await smtpConnect(port)
        client.quit()
        return true
      },
      "Postfix's greeting",
      GREETING_MS,
    )
    if (master.exitCode !== null) throw new Error(`Postfix ended with ${master.exitCode}: ${log()}`)
    return master
  } catch (error) {
    await stopMaster(master)
    throw error
  }
}

async function stopMaster(master: ChildProcess): Promise<void> {
  if (master.exitCode !== null || master.signalCode !== null) return
  const gone = once(master, 'exit')
  // It passes the signal on to all of its daemons.
  master.kill('SIGTERM')
  await gone
}

function prepare(folder: string): void {
  // The folder is made for its owner alone; Postfix's daemons run as users of their own.
  execFileSync('chmod', ['755', folder])
  for (const name of ['etc', 'queue', 'data', 'mail']) mkdirSync(join(folder, name), { recursive: true })
  execFileSync('chown', ['postfix', join(folder, 'data')])
  execFileSync('chown', ['nobody', join(folder, 'mail')])
  writeFileSync(join(folder, 'log'), '')
}

const parseLines = (json: string): Queued[] =>
  json
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Queued)

/** A Maildir: one file a mail, named by the time it came. */
const readMails = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => readFileSync(join(folder, name), 'latin1'))
    : []

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
