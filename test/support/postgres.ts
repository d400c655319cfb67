import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { ensurePostgres } from '../../scripts/setup.ts'
import { freePort } from './free-port.ts'
import { waitFor } from './wait-for.ts'

/*
 * Real PostgreSQL servers for tests. Most share one (`createDatabase`), made by whoever asks first and stopped by
 * test/support/servers.ts when the run ends; a test that stops or pauses its server starts one of its own.
 */

export type PostgresServer = {
  /** Of its superuser, to the database `postgres`. */
  readonly url: string
  readonly port: number
  /** Its data and its log. */
  readonly folder: string
  /** The process, to be paused with SIGSTOP. Another one after a restart. */
  readonly pid: number
  /** `fast` tells its clients; `immediate` is a crash. */
  restart(how: 'fast' | 'immediate'): void
  stop(how?: 'fast' | 'immediate'): void
  /** After {@link PostgresServer.stop}: the same data, the same port. */
  start(): void
  /** Stops it and removes its data. */
  remove(): void
}

const SETTINGS = '-c max_connections=200 -c shared_buffers=64MB -c listen_addresses=127.0.0.1'

/**
 * Starts a server of one's own. Port and data are its own too.
 *
 * @param options fsync: off, as a test's server is killed, its machine is not; benches turn it on
 */
export async function startPostgres({ fsync = false } = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-pg-'))
  const server = serverIn(folder, await freePort(), fsync)
  server.make()
  server.start()
  return server
}

/** Postgres refuses to run as root, so root runs it as another user. */
function asUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  if (!user) throw new Error('postgres does not run as root, and there is no user postgres or nobody')
  return { uid: Number(user[2]), gid: Number(user[3]) }
}

function serverIn(folder: string, port: number, fsync: boolean): PostgresServer & { make(): void } {
  const data = join(folder, 'data')
  const { bin } = ensurePostgres()
  const user = asUser()
  const run = (program: string, ...args: string[]) => {
    const { status, stderr, stdout, error } = spawnSync(join(bin, program), args, {
      ...user,
      cwd: folder,
      encoding: 'utf8',
      // What pg_ctl leaves running must not hold the pipes open.
      stdio: program === 'pg_ctl' ? 'ignore' : 'pipe',
    })
    if (status !== 0) throw new Error(`${program}: ${error ?? `${stderr}${stdout}`}`)
  }
  const options = `${SETTINGS} -c fsync=${fsync ? 'on' : 'off'} -p ${port} -k ${folder}`
  const stop = (how: 'fast' | 'immediate' = 'fast') => run('pg_ctl', 'stop', '-D', data, '-w', '-m', how)
  const start = () => run('pg_ctl', 'start', '-D', data, '-w', '-l', join(folder, 'log'), '-o', options)
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    folder,
    get pid() {
      return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
    },
    make() {
      if (user.uid !== undefined) chownSync(folder, user.uid, user.gid!)
      run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync')
    },
    start,
    stop,
    restart(how) {
      stop(how)
      start()
    },
    remove() {
      stop('immediate')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Where the processes of one run leave word of the server that they share. */
const SHARED = 'MFA_RELAY_TEST_SERVERS'

/** The server of this run: whoever comes first starts it, the others wait. */
async function sharedUrl(): Promise<string> {
  const folder = process.env[SHARED]
  if (!folder) throw new Error('no shared servers: test/support/servers.ts is no globalSetup of this run')
  const word = join(folder, 'postgres.json')
  if (isFirst(join(folder, 'postgres.lock'))) {
    const made = await startPostgres().catch((error: unknown) => {
      writeFileSync(word, JSON.stringify({ error: String(error) }))
      throw error
    })
    writeFileSync(word, JSON.stringify({ url: made.url, pid: made.pid, home: made.folder }))
  }
  const said = await waitFor(() => JSON.parse(readFileSync(word, 'utf8')), 'PostgreSQL of this run', 60_000)
  if (said.error) throw new Error(said.error)
  return said.url
}

function isFirst(lock: string): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch {
    return false
  }
}

/** Stops the shared server, if there is one. */
export async function stopSharedPostgres(folder: string): Promise<void> {
  const word = join(folder, 'postgres.json')
  if (!existsSync(word)) return
  const { pid, home } = JSON.parse(readFileSync(word, 'utf8'))
  if (pid === undefined) return
  process.kill(pid, 'SIGQUIT')
  await waitFor(() => isGone(pid), 'the end of PostgreSQL')
  rmSync(home, { recursive: true, force: true })
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

/** A fresh, empty database on the server of this run. */
export async function createDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const admin = await sharedUrl()
  const name = `test_${randomBytes(8).toString('hex')}`
  await query(admin, `create database ${name}`)
  const url = new URL(admin)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => query(admin, `drop database if exists ${name} with (force)`) }
}

/** Runs one statement on a connection of its own. */
export async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
