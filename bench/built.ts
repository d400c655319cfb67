import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The program as the image and the package run it. */
export type Built = {
  /** What Node is to be started with. */
  readonly program: readonly string[]
  remove(): void
}

/** Builds the program beside the sources, in a folder of its own: `dist/` may be in use, or old. */
export function buildProgram(): Built {
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-built-'))
  const compiler = join(ROOT, 'node_modules/.bin/tsc')
  execFileSync(compiler, ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')], { cwd: ROOT })
  for (const name of ['node_modules', 'config']) symlinkSync(join(ROOT, name), join(folder, name))
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  return {
    program: ['--max-semi-space-size=4', join(folder, 'dist/main.js')],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
