import type { Extraction } from '../domain/extraction.ts'
import type { CheckedFile } from './checked-file.ts'
import type { UtilityDefinition } from './definition.ts'
import type { Fixture } from './fixtures.ts'
import { isWithin, senderBelongs, smsSenderBelongs } from './match.ts'
import type { Problem } from './problem.ts'

/** A definition with its file and its fixtures. */
export type Subject = {
  readonly definition: UtilityDefinition
  readonly file: Pick<CheckedFile<unknown>, 'file' | 'problem'>
  readonly fixtures: readonly Fixture[]
}

/** What reading a fixture gave: who sent it, and what was found in it. */
export type FixtureReading = { readonly sender: string | null; readonly extraction: Extraction }
export type ReadFixture = (fixture: Fixture, definition: UtilityDefinition) => Promise<FixtureReading>

/** The rule by which a template says that it read a code; its number is its place in the definition. */
const templateRule = (id: string, channel: 'email' | 'sms', index: number): string =>
  `template:${id}/${channel}/${index}`

/** A definition needs an example of what it must read, and one of what it must leave alone. */
export function fixtureProblems({ definition, file, fixtures }: Subject): Problem[] {
  const isPositive = ({ expected }: Fixture): boolean => expected.value.kind === 'code'
  const problems: Problem[] = []
  if (!fixtures.some(isPositive))
    problems.push(file.problem([], `fixtures/${definition.id} has no positive: a message with a code`))
  if (fixtures.every(isPositive))
    problems.push(file.problem([], `fixtures/${definition.id} has no negative: a message without a code`))
  return problems
}

const within = (one: string, other: string): boolean => {
  if (!other.startsWith('@')) return one === other
  return isWithin(one.slice(one.lastIndexOf('@') + 1), other.slice(1))
}

/**
 * Senders that two definitions claim, each reported at the first of them. Companies of one `family` may share
 * senders: the mailbox that a message came to tells them apart.
 */
export function overlapProblems(subjects: readonly Subject[]): Problem[] {
  const problems: Problem[] = []
  subjects.forEach(({ definition: one, file }, position) => {
    for (const { definition: other } of subjects.slice(position + 1)) {
      if (one.family !== undefined && one.family === other.family) continue
      one.email.from.forEach((sender, index) => {
        const rival = other.email.from.find((from) => within(sender, from) || within(from, sender))
        if (rival) problems.push(file.problem(['email', 'from', index], `"${other.id}" claims ${rival} too`))
      })
      one.sms.from.forEach((sender, index) => {
        if (other.sms.from.includes(sender))
          problems.push(file.problem(['sms', 'from', index], `"${other.id}" claims ${sender} too`))
      })
    }
  })
  return problems
}

/** Anybody can have an address at a mailbox provider: such a domain in `from` would trust all of them. */
export function publicSenderProblems(
  { definition, file }: Subject,
  mailboxDomains: ReadonlySet<string>,
): Problem[] {
  const complain = (path: PropertyKey[], name: string): Problem[] =>
    mailboxDomains.has(name) ? [file.problem(path, `anybody can have an address at ${name}`)] : []
  return [
    ...definition.email.from.flatMap((from, index) =>
      from.startsWith('@') ? complain(['email', 'from', index], from.slice(1)) : [],
    ),
    ...definition.email.signedBy.flatMap((name, index) => complain(['email', 'signedBy', index], name)),
    ...definition.web.flatMap((name, index) => complain(['web', index], name)),
  ]
}

/** `code 048213`, `none ambiguous`, `notice`: what counts of an answer, in words. */
const inWords = (answer: {
  readonly kind: string
  readonly code?: unknown
  readonly reason?: unknown
}): string => {
  const detail = { code: answer.code, none: answer.reason }[answer.kind]
  return typeof detail === 'string' ? `${answer.kind} ${detail}` : answer.kind
}

function answerProblems({ file, expected }: Fixture, extraction: Extraction): Problem[] {
  const { note, alsoFair } = expected.value
  const got = inWords(extraction)
  const wanted = inWords(expected.value)
  if (got === wanted || alsoFair.some((kind) => kind === extraction.kind)) return []
  return [{ file, reason: `gives ${got}, but ${wanted} is expected (${note})` }]
}

function claimProblems(
  fixture: Fixture,
  sender: string | null,
  own: UtilityDefinition,
  subjects: readonly Subject[],
): Problem[] {
  if (sender === null) return []
  const claims = fixture.sms ? smsSenderBelongs : senderBelongs
  return subjects
    .map(({ definition }) => definition)
    .filter(({ id, family }) => id !== own.id && (family === undefined || family !== own.family))
    .filter((definition) => claims(definition, sender))
    .map(({ id }) => ({ file: fixture.file, reason: `is from ${sender}, which "${id}" claims too` }))
}

/**
 * Reads one fixture and compares: the answer must be the expected one, and no other definition may claim the
 * message.
 *
 * @param all definitions that could claim it
 * @returns what is wrong, and the rule that read a code, if one did
 */
export async function answerOf(
  fixture: Fixture,
  { definition }: Subject,
  all: readonly Subject[],
  read: ReadFixture,
): Promise<{ readonly problems: readonly Problem[]; readonly rule: string | null }> {
  try {
    const { sender, extraction } = await read(fixture, definition)
    return {
      problems: [...answerProblems(fixture, extraction), ...claimProblems(fixture, sender, definition, all)],
      rule: extraction.kind === 'code' ? extraction.rule : null,
    }
  } catch (error) {
    const reason = `could not be read: ${(error as Error).message}`
    return { problems: [{ file: fixture.file, reason }], rule: null }
  }
}

/** Templates by which no fixture was read. A rule that nothing hits may be wrong without anybody noticing. */
export function templateProblems(
  { definition, file }: Subject,
  rules: ReadonlySet<string | null>,
): Problem[] {
  return (['email', 'sms'] as const).flatMap((channel) =>
    definition[channel].codes.flatMap((template, index) =>
      rules.has(templateRule(definition.id, channel, index))
        ? []
        : [file.problem([channel, 'codes', index], `no fixture is read by "${template}"`)],
    ),
  )
}

/** Everything that reading a definition's fixtures shows: wrong answers, foreign claims, idle templates. */
export async function readingProblems(
  subject: Subject,
  all: readonly Subject[],
  read: ReadFixture,
): Promise<readonly Problem[]> {
  const answers = await Promise.all(subject.fixtures.map((fixture) => answerOf(fixture, subject, all, read)))
  const rules = new Set(answers.map(({ rule }) => rule))
  return [...answers.flatMap(({ problems }) => problems), ...templateProblems(subject, rules)]
}
