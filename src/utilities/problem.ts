import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { type JsonSource, type Place, readJsonSource } from './json-source.ts'

/** What is wrong with a file, precisely enough to open the editor at the place. */
export type Problem = {
  readonly file: string
  readonly line?: number
  readonly column?: number
  /** Path inside the file, e.g. `email.codes.0`. */
  readonly path?: string
  readonly reason: string
}

/** A problem as one line: `file:line:column: path: reason`. */
export function formatProblem({ file, line, column, path, reason }: Problem): string {
  const place = line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`
  return `${file}${place}: ${path ? `${path}: ` : ''}${reason}`
}

/** A checked file: its id is its name without `.json`. */
export type Entry<T> = {
  readonly id: string
  readonly file: string
  readonly value: T
  readonly placeOf: (path: readonly PropertyKey[]) => Place
}

const ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

const problemAt = (file: string, place: Place, path: readonly PropertyKey[], reason: string): Problem => ({
  file,
  ...place,
  ...(path.length > 0 ? { path: path.map(String).join('.') } : {}),
  reason,
})

function problemsOf(file: string, source: JsonSource & { ok: true }, error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys')
      return [problemAt(file, source.placeOf(issue.path), issue.path, issue.message)]
    // zod reports these at the parent; the editor should open at the member itself.
    return issue.keys.map((key) => {
      const path = [...issue.path, key]
      return problemAt(file, source.placeOf(path), path, 'no such member')
    })
  })
}

function readEntry<T>(id: string, file: string, schema: z.ZodType<T>, problems: Problem[]): Entry<T> | null {
  const source = readJsonSource(readFileSync(file, 'utf8'))
  if (!source.ok) {
    problems.push(problemAt(file, source.place, [], source.reason))
    return null
  }
  for (const { key, place } of source.duplicates)
    problems.push({ file, ...place, path: key, reason: 'is there twice; only the last would count' })
  const parsed = schema.safeParse(source.value)
  if (!parsed.success) {
    problems.push(...problemsOf(file, source, parsed.error))
    return null
  }
  return { id, file, value: parsed.data, placeOf: source.placeOf }
}

/**
 * Reads every `*.json` of a directory against a schema. Synchronous, as it runs at start and again only when
 * somebody edits a file: a few dozen files of a few kilobytes.
 *
 * @returns what could be read, and every problem of every file at once; a directory that cannot be listed is
 *   a problem too
 */
export function readDirectory<T>(
  dir: string,
  schema: z.ZodType<T>,
): { readonly entries: readonly Entry<T>[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const entries: Entry<T>[] = []
  const attempt = <R>(file: string, read: () => R, otherwise: R): R => {
    try {
      return read()
    } catch (error) {
      problems.push({ file, reason: `cannot be read: ${(error as Error).message}` })
      return otherwise
    }
  }
  // Hidden files are what editors leave behind while they save.
  const names = attempt(dir, () => readdirSync(dir), []).filter(
    (n) => n.endsWith('.json') && !n.startsWith('.'),
  )
  for (const name of names.sort()) {
    const file = join(dir, name)
    const id = name.slice(0, -'.json'.length)
    if (!ID.test(id)) {
      problems.push({ file, reason: 'the file name is the id: lower-case letters and digits, joined by "-"' })
      continue
    }
    const entry = attempt(file, () => readEntry(id, file, schema, problems), null)
    if (entry) entries.push(entry)
  }
  return { entries, problems }
}
