import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { type JsonSource, type Place, readJsonSource } from './json-source.ts'
import type { Problem } from './problem.ts'

/** A JSON file that fits its schema. */
export type CheckedFile<T> = {
  readonly file: string
  readonly value: T
  /** A complaint about something in this file, at its place. */
  problem(path: readonly PropertyKey[], reason: string): Problem
}

const problemAt = (file: string, place: Place, path: readonly PropertyKey[], reason: string): Problem => ({
  file,
  ...place,
  ...(path.length > 0 ? { path: path.map(String).join('.') } : {}),
  reason,
})

function schemaProblems(file: string, source: JsonSource & { ok: true }, error: z.ZodError): Problem[] {
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

/**
 * Reads one JSON file against a schema.
 *
 * @param problems every problem found is added here; an unreadable file is one too
 * @returns null when the file cannot be used
 */
export function readCheckedFile<T>(
  file: string,
  schema: z.ZodType<T>,
  problems: Problem[],
): CheckedFile<T> | null {
  let text: string
  try {
    // Some editors begin a file with a byte order mark, which JSON does not allow.
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    problems.push({ file, reason: `cannot be read: ${(error as Error).message}` })
    return null
  }
  const source = readJsonSource(text)
  if (!source.ok) {
    problems.push(problemAt(file, source.place, [], source.reason))
    return null
  }
  const found = source.duplicates.map(({ path, place }) => problemAt(file, place, path, 'is there twice'))
  const parsed = schema.safeParse(source.value)
  if (!parsed.success) found.push(...schemaProblems(file, source, parsed.error))
  problems.push(...found)
  if (!parsed.success || found.length > 0) return null
  return {
    file,
    value: parsed.data,
    problem: (path, reason) => problemAt(file, source.placeOf(path), path, reason),
  }
}

const ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/**
 * Reads every `*.json` of a directory against a schema; the file name is the id. Synchronous, as it runs at start
 * and again only when somebody edits a file: a few dozen files of a few kilobytes.
 *
 * @returns what could be read, by id in alphabetical order, and every problem of every file at once; a directory
 *   that cannot be listed is a problem too
 */
export function readDirectory<T>(
  dir: string,
  schema: z.ZodType<T>,
): { readonly entries: ReadonlyMap<string, CheckedFile<T>>; readonly problems: readonly Problem[] } {
  const entries = new Map<string, CheckedFile<T>>()
  const problems: Problem[] = []
  let names: string[]
  try {
    // Hidden files are what editors leave behind while they save.
    names = readdirSync(dir).filter((name) => name.endsWith('.json') && !name.startsWith('.'))
  } catch (error) {
    return { entries, problems: [{ file: dir, reason: `cannot be read: ${(error as Error).message}` }] }
  }
  for (const name of names.sort()) {
    const file = join(dir, name)
    const id = name.slice(0, -'.json'.length)
    if (!ID.test(id)) {
      problems.push({ file, reason: 'the file name is the id: lower-case letters and digits, joined by "-"' })
      continue
    }
    const entry = readCheckedFile(file, schema, problems)
    if (entry) entries.set(id, entry)
  }
  return { entries, problems }
}
