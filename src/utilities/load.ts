import { fileURLToPath } from 'node:url'
import { type CheckedFile, readDirectory } from './checked-file.ts'
import { definitionSchema, type Utilities, type UtilityDefinition } from './definition.ts'
import type { Problem } from './problem.ts'

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

type Definition = Omit<UtilityDefinition, 'id'>

export type LoadedUtilities = {
  readonly utilities: Utilities
  /** Everything that is wrong in any file. With problems, `utilities` holds what could be read. */
  readonly problems: readonly Problem[]
  /** The file that each definition came from. */
  readonly files: ReadonlyMap<string, CheckedFile<Definition>>
}

/** What the schema cannot say. */
function ownProblems(id: string, entry: CheckedFile<Definition>, options: LoadOptions): Problem[] {
  const problems: Problem[] = []
  if (id === RESERVED_ID)
    problems.push(entry.problem([], `"${id}" stands for utilities without a definition`))
  for (const channel of ['email', 'sms'] as const) {
    const { from, codes } = entry.value[channel]
    if (codes.length > 0 && from.length === 0)
      problems.push(
        entry.problem([channel, 'codes'], `has no sender in ${channel}.from whose messages it reads`),
      )
    codes.forEach((template, index) => {
      const reason = options.checkTemplate?.(template)
      if (reason) problems.push(entry.problem([channel, 'codes', index], reason))
    })
  }
  const questions = entry.value.mfa?.securityQuestions
  if (questions && questions.atMost < questions.atLeast)
    problems.push(entry.problem(['mfa', 'securityQuestions', 'atMost'], 'is less than atLeast'))
  return problems
}

/**
 * Reads all definitions, the operator's over the built-in ones. A file with a problem never hides a good one:
 * if the operator's is broken, the built-in of that name stays.
 */
export function loadUtilities(options: LoadOptions): LoadedUtilities {
  const utilities = new Map<string, UtilityDefinition>()
  const files = new Map<string, CheckedFile<Definition>>()
  const problems: Problem[] = []
  for (const dir of [options.builtInDir, options.operatorDir]) {
    if (dir === undefined) continue
    const read = readDirectory(dir, definitionSchema)
    problems.push(...read.problems)
    for (const [id, entry] of read.entries) {
      const own = ownProblems(id, entry, options)
      problems.push(...own)
      if (own.length > 0) continue
      utilities.set(id, { ...entry.value, id })
      files.set(id, entry)
    }
  }
  return { utilities, problems, files }
}
