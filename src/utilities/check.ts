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

const shown = (extraction: { readonly kind: string; code?: string; reason?: string }): string =>
  [extraction.kind, extraction.code ?? extraction.reason].filter(Boolean).join(' ')

function answerProblems({ file, expected }: Fixture, extraction: Extraction): Problem[] {
  const got = {
    kind: extraction.kind,
    ...(extraction.kind === 'code' ? { code: extraction.code } : {}),
    ...(extraction.kind === 'none' ? { reason: extraction.reason } : {}),
  }
  const { kind, code, reason } = expected.value
  const wanted = {
    kind,
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
  }
  if (shown(got) === shown(wanted)) return []
  return [{ file, reason: `gives ${shown(got)}, but ${shown(wanted)} is expected (${expected.value.note})` }]
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
 * Reads every fixture and compares: the answer must be the expected one, every template must be hit by some
 * fixture, and no other definition may claim the message.
 *
 * @param all definitions that could claim a message, those of `subject` among them
 */
export async function readingProblems(
  { definition, file, fixtures }: Subject,
  all: readonly Subject[],
  read: ReadFixture,
): Promise<Problem[]> {
  const problems: Problem[] = []
  const hits = new Set<string>()
  for (const fixture of fixtures) {
    try {
      const { sender, extraction } = await read(fixture, definition)
      if (extraction.kind === 'code') hits.add(extraction.rule)
      problems.push(...answerProblems(fixture, extraction))
      problems.push(...claimProblems(fixture, sender, definition, all))
    } catch (error) {
      problems.push({ file: fixture.file, reason: `could not be read: ${(error as Error).message}` })
    }
  }
  for (const channel of ['email', 'sms'] as const) {
    definition[channel].codes.forEach((template, index) => {
      if (!hits.has(templateRule(definition.id, channel, index)))
        problems.push(file.problem([channel, 'codes', index], `no fixture is read by "${template}"`))
    })
  }
  return problems
}
