import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PACKAGE_ROOT } from '../config.ts'
import type { Extractor } from '../domain/extraction.ts'
import type { ReadableMessage } from '../domain/message.ts'
import { createExtractors, type Extractors } from '../extract/registry.ts'
import { templateReason } from '../extract/template.ts'
import { parseMime, smsToReadable } from '../inbound/parse-mime.ts'
import {
  fixtureProblems,
  overlapProblems,
  publicSenderProblems,
  type ReadFixture,
  readingProblems,
  type Subject,
} from '../utilities/check.ts'
import { loadCustomExtractors } from '../utilities/custom-extractors.ts'
import { type Fixture, readFixtures } from '../utilities/fixtures.ts'
import { loadInboxProviders } from '../utilities/inbox-providers.ts'
import { BUILT_IN_UTILITIES, loadUtilities } from '../utilities/load.ts'
import { formatProblem, type Problem } from '../utilities/problem.ts'
import { CommandError, type CommandIo, EXIT } from './exit.ts'

/** Messages that belong to no definition: the corpus that extraction is measured with. */
const NOT_A_UTILITY = new Set(['corpus'])

/** What is checked, and against what. */
type Scope = {
  readonly dir: string
  readonly fixturesDir: string
  /** The operator's directory lies over the built-in one. */
  readonly isOperators: boolean
  /** The published package carries the built-in definitions without their fixtures. */
  readonly hasFixtures: boolean
}

function scopeOf(dir: string | undefined): Scope {
  const own = resolve(dir ?? BUILT_IN_UTILITIES)
  if (!existsSync(own) || !statSync(own).isDirectory())
    throw new CommandError(EXIT.noInput, `${own} is no directory`)
  const isOperators = own !== resolve(BUILT_IN_UTILITIES)
  const fixturesDir = isOperators ? join(own, 'fixtures') : fileURLToPath(new URL('fixtures', PACKAGE_ROOT))
  return { dir: own, fixturesDir, isOperators, hasFixtures: isOperators || existsSync(fixturesDir) }
}

/** Every problem of the definitions in a scope, with the number of definitions and fixtures looked at. */
async function check(scope: Scope) {
  const loaded = loadUtilities({
    builtInDir: BUILT_IN_UTILITIES,
    operatorDir: scope.isOperators ? scope.dir : undefined,
    checkTemplate: templateReason,
  })
  const custom = scope.isOperators ? await loadCustomExtractors(scope.dir) : { extractors: [], problems: [] }
  const problems: Problem[] = [...loaded.problems, ...custom.problems]
  const subjects: Subject[] = []
  const neighbours: Subject[] = []
  for (const [id, file] of loaded.files) {
    const definition = loaded.utilities.get(id)!
    if (!file.file.startsWith(scope.dir + sep)) {
      neighbours.push({ definition, file, fixtures: [] })
      continue
    }
    const read = readFixtures(join(scope.fixturesDir, id), id)
    problems.push(...read.problems)
    subjects.push({ definition, file, fixtures: read.fixtures })
  }
  const all = [...subjects, ...neighbours]
  const mailboxDomains = new Set(
    [...loadInboxProviders().providers.values()].flatMap(({ domains }) => domains),
  )
  problems.push(...overlapProblems(all), ...strayProblems(scope, all, custom.extractors))
  const read = readerOf(createExtractors(loaded.utilities, custom.extractors))
  for (const subject of subjects) {
    problems.push(...publicSenderProblems(subject, mailboxDomains))
    if (!scope.hasFixtures) continue
    problems.push(...fixtureProblems(subject))
    problems.push(...(await readingProblems(subject, all, read)))
  }
  return { problems, subjects }
}

/** Fixtures and extractors whose definition is missing: mostly a name that was typed differently. */
function strayProblems(scope: Scope, all: readonly Subject[], extractors: readonly Extractor[]): Problem[] {
  const ids = new Set(all.map(({ definition }) => definition.id))
  const folders = existsSync(scope.fixturesDir) ? readdirSync(scope.fixturesDir) : []
  return [
    ...folders.filter((name) => !NOT_A_UTILITY.has(name)).map((name) => [name, scope.fixturesDir] as const),
    ...extractors.map(({ utility }) => [utility, scope.dir] as const),
  ]
    .filter(([id]) => !ids.has(id) && !existsSync(join(scope.dir, `${id}.json`)))
    .map(([id, dir]) => ({ file: join(dir, id), reason: `there is no definition ${id}.json` }))
}

/** Reads fixtures as the relay reads messages. */
export const readerOf =
  (extractors: Extractors): ReadFixture =>
  async (fixture, definition) => {
    const message = await readable(fixture)
    return { sender: message.sender, extraction: extractors.extractFor(definition.id, message) }
  }

async function readable({ file, sms }: Fixture): Promise<ReadableMessage> {
  if (!sms) return parseMime(readFileSync(file))
  return smsToReadable({
    channel: 'sms',
    id: file,
    door: 'test',
    receivedAt: 0,
    sid: file,
    sender: sms.From,
    recipient: sms.To,
    body: sms.Body,
  })
}

/**
 * Checks definitions and their fixtures and prints every problem with its place.
 *
 * @param dir an operator's directory, checked as it would lie over the built-in definitions; without one the
 *   built-in definitions themselves
 * @returns 0, or 65 (EX_DATAERR) when there is a problem
 * @throws CommandError with 66 (EX_NOINPUT) when `dir` is no directory
 */
export async function checkUtilities(dir: string | undefined, io: CommandIo): Promise<number> {
  const scope = scopeOf(dir)
  const { problems, subjects } = await check(scope)
  const count = subjects.reduce((sum, subject) => sum + subject.fixtures.length, 0)
  const fixtures = scope.hasFixtures ? `${count} fixtures` : 'fixtures not installed'
  for (const problem of problems) io.err(formatProblem(problem))
  io.out(`${subjects.length} definitions, ${fixtures}, ${problems.length} problems`)
  return problems.length === 0 ? EXIT.ok : EXIT.dataError
}
