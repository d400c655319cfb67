import { readdirSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Extractor } from '../domain/extraction.ts'
import type { Problem } from './problem.ts'

/** `<id>.ts` or `<id>.js`; names with further dots (tests, type declarations) are left alone. */
const EXTRACTOR_FILE = /^[a-z0-9]+(?:-[a-z0-9]+)*\.[jt]s$/

export type CustomExtractors = {
  readonly extractors: readonly Extractor[]
  readonly problems: readonly Problem[]
}

/**
 * Loads the operator's own extractors: each `<id>.ts` or `<id>.js` of the directory, whose default export is a
 * function that returns an {@link Extractor}. It is the operator's code and runs with the relay's rights; Node
 * strips the types of a `.ts` file. Called again after a change it reads the changed files anew.
 *
 * @returns the extractors that could be loaded, and every file that could not, with the reason; never throws
 */
export async function loadCustomExtractors(dir: string): Promise<CustomExtractors> {
  const extractors: Extractor[] = []
  const problems: Problem[] = []
  let names: string[]
  try {
    names = readdirSync(dir).filter((name) => EXTRACTOR_FILE.test(name))
  } catch (error) {
    return { extractors, problems: [{ file: dir, reason: `cannot be read: ${(error as Error).message}` }] }
  }
  for (const name of names.sort()) {
    const file = join(dir, name)
    const id = basename(name, extname(name))
    if (extractors.some(({ utility }) => utility === id)) {
      problems.push({ file, reason: `"${id}" has an extractor already, in another file` })
      continue
    }
    try {
      extractors.push(await importExtractor(file, id))
    } catch (error) {
      problems.push({ file, reason: (error as Error).message })
    }
  }
  return { extractors, problems }
}

async function importExtractor(file: string, id: string): Promise<Extractor> {
  const url = pathToFileURL(file)
  // A module is loaded once for each URL: a changed file needs another one.
  url.searchParams.set('changed', String(statSync(file).mtimeMs))
  const module: { default?: unknown } = await import(/* @vite-ignore */ url.href)
  if (typeof module.default !== 'function') throw new Error('its default export is no function')
  const extractor: unknown = module.default()
  if (!isExtractor(extractor)) throw new Error('its function returns no { utility, claims(), extract() }')
  if (extractor.utility !== id)
    throw new Error(`names the utility "${extractor.utility}", but its file is "${id}"`)
  return extractor
}

function isExtractor(value: unknown): value is Extractor {
  if (typeof value !== 'object' || value === null) return false
  const { utility, claims, extract } = value as Record<string, unknown>
  return typeof utility === 'string' && typeof claims === 'function' && typeof extract === 'function'
}
