/**
 * Finds the servers and programs that tests need: what is on PATH, else installs Debian's package where that is
 * allowed (root and apt-get), else says in one line what is missing and how to get it.
 *
 *   node scripts/setup.ts chromium [more …]
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

type Tool = { readonly names: readonly string[]; readonly debianPackage: string }

const TOOLS: Readonly<Record<string, Tool>> = {
  chromium: { names: ['chromium', 'chromium-browser', 'google-chrome'], debianPackage: 'chromium' },
}

/** Where tools live that a user's PATH often leaves out. */
const EXTRA_PATHS = ['/usr/sbin', '/usr/local/sbin', '/sbin']

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
  return get() || (apt('update') && get())
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

if (import.meta.main) {
  for (const name of process.argv.slice(2)) {
    try {
      const path = ensureTool(name)
      console.log(`${name}: ${path} ${execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()}`)
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error))
      process.exitCode = 69
    }
  }
}
