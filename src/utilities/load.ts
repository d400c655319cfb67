import { fileURLToPath } from 'node:url'
import { definitionSchema, type Utilities, type UtilityDefinition } from './definition.ts'
import { type Entry, type Problem, readDirectory } from './problem.ts'

/** The definitions that ship with the relay. */
export const BUILT_IN_UTILITIES = fileURLToPath(new URL('../../config/utilities', import.meta.url))

/** The id of connections whose utility has no definition. */
const RESERVED_ID = 'other'

export type LoadOptions = {
  /** Directory of the definitions that ship with the relay. */
  readonly builtInDir: string
  /** The operator's own directory (`UTILITIES_DIR`); a file there replaces the built-in one of its name. */
  readonly operatorDir?: string | undefined
  /** What is wrong with a template, or null. Handed in, as the template language belongs to `extract`. */
  readonly checkTemplate?: ((template: string) => string | null) | undefined
}

export type LoadedUtilities = {
  readonly utilities: Utilities
  /** Everything that is wrong in any file. With problems, `utilities` holds what could be read. */
  readonly problems: readonly Problem[]
  /** Where each definition came from: id → file and the places inside it. */
  readonly sources: ReadonlyMap<string, Entry<unknown>>
}

type Definition = Omit<UtilityDefinition, 'id'>

function ownProblems(entry: Entry<Definition>, checkTemplate: LoadOptions['checkTemplate']): Problem[] {
  const problems: Problem[] = []
  const complain = (path: readonly PropertyKey[], reason: string) =>
    problems.push({ file: entry.file, ...entry.placeOf(path), path: path.map(String).join('.'), reason })
  if (entry.id === RESERVED_ID)
    problems.push({
      file: entry.file,
      reason: `"${RESERVED_ID}" is the id for utilities without a definition`,
    })
  for (const channel of ['email', 'sms'] as const) {
    const { from, codes } = entry.value[channel]
    if (codes.length > 0 && from.length === 0)
      complain([channel, 'codes'], `has templates, but no sender in ${channel}.from whose messages they read`)
    codes.forEach((template, index) => {
      const reason = checkTemplate?.(template)
      if (reason) complain([channel, 'codes', index], reason)
    })
  }
  const questions = entry.value.mfa?.securityQuestions
  if (questions && questions.atMost < questions.atLeast)
    complain(['mfa', 'securityQuestions', 'atMost'], 'is less than atLeast')
  return problems
}

/**
 * Reads all definitions, the operator's over the built-in ones. A file with a problem never hides a good one:
 * if the operator's is broken, the built-in of that name stays.
 */
export function loadUtilities(options: LoadOptions): LoadedUtilities {
  const utilities = new Map<string, UtilityDefinition>()
  const sources = new Map<string, Entry<unknown>>()
  const problems: Problem[] = []
  for (const dir of [options.builtInDir, options.operatorDir]) {
    if (dir === undefined) continue
    const read = readDirectory(dir, definitionSchema)
    problems.push(...read.problems)
    for (const entry of read.entries) {
      const own = ownProblems(entry, options.checkTemplate)
      problems.push(...own)
      if (own.length > 0) continue
      utilities.set(entry.id, { ...entry.value, id: entry.id })
      sources.set(entry.id, entry)
    }
  }
  return { utilities, problems, sources }
}
