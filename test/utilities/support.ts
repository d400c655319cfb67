import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { definitionSchema, type UtilityDefinition } from '../../src/utilities/definition.ts'

/** A new directory with these files; values that are no strings are written as JSON. */
export function directoryWith(files: Record<string, unknown>): string {
  const dir = mkdtempSync(join(tmpdir(), 'utilities-'))
  for (const [name, content] of Object.entries(files)) put(dir, name, content)
  return dir
}

/** Writes one file below `dir`. */
export function put(dir: string, name: string, content: unknown): void {
  const file = join(dir, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
}

/** The smallest definition that anyone would write. */
export const EXAMPLE = {
  name: 'Example Electric',
  email: {
    from: ['@example-electric.test'],
    signedBy: ['example-electric.test'],
    codes: ['verification code is {code:6}', '{code:6} is your code'],
  },
  sms: { from: ['72399'], codes: ['Example Electric: {code:6-8}'] },
  validForSeconds: 600,
}

/** A definition with defaults filled in. */
export const define = (id: string, content: Record<string, unknown>): UtilityDefinition => ({
  ...definitionSchema.parse({ name: id, ...content }),
  id,
})
