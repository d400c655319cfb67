import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readerOf } from '../../src/commands/utility.ts'
import { createExtractors } from '../../src/extract/registry.ts'
import {
  answerOf,
  fixtureProblems,
  overlapProblems,
  publicSenderProblems,
  type Subject,
  templateProblems,
} from '../../src/utilities/check.ts'
import { readFixtures } from '../../src/utilities/fixtures.ts'
import { loadInboxProviders } from '../../src/utilities/inbox-providers.ts'
import { BUILT_IN_UTILITIES, loadUtilities } from '../../src/utilities/load.ts'
import { formatProblem } from '../../src/utilities/problem.ts'

// Generated from config/utilities and fixtures: a new definition is tested without a line written here.
const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url))
const { utilities, files } = loadUtilities({ builtInDir: BUILT_IN_UTILITIES })
const read = readerOf(createExtractors(utilities))

const cases = [...utilities.values()].map((definition) => {
  const { fixtures, problems } = readFixtures(`${FIXTURES}/${definition.id}`, definition.id)
  const subject: Subject = { definition, file: files.get(definition.id)!, fixtures }
  const messages = fixtures.map((fixture) => ({ name: basename(fixture.file), fixture }))
  return { id: definition.id, subject, messages, problems }
})
const subjects = cases.map(({ subject }) => subject)

describe.each(cases)('$id', ({ subject, messages, problems }) => {
  it('has a positive and a negative fixture, each message with its answer', () => {
    expect([...problems, ...fixtureProblems(subject)].map(formatProblem)).toEqual([])
  })

  it.each(messages)('gives the expected answer to $name, which nobody else claims', async ({ fixture }) => {
    const answer = await answerOf(fixture, subject, subjects, read)
    expect(answer.problems.map(formatProblem)).toEqual([])
  })

  it('has no template that nothing hits', async () => {
    const answers = await Promise.all(
      messages.map(({ fixture }) => answerOf(fixture, subject, subjects, read)),
    )
    const rules = new Set(answers.map(({ rule }) => rule))
    expect(templateProblems(subject, rules).map(formatProblem)).toEqual([])
  })

  it('has invented messages only', () => {
    for (const { file, sms } of subject.fixtures) {
      const text = readFileSync(file, 'utf8')
      if (!sms) expect(text).toMatch(/^X-Synthetic: yes\r$/m)
      if (!sms) expect(text).toMatch(/^To: \S+@example\.com\r$/m)
      const numbers = text.match(/\+1\d{10}/g) ?? []
      expect(numbers.filter((number) => number.slice(5, 8) !== '555')).toEqual([])
    }
  })
})

it('has no two definitions that claim one sender', () => {
  expect(overlapProblems(subjects).map(formatProblem)).toEqual([])
})

it('trusts no mailbox provider', () => {
  const { providers } = loadInboxProviders()
  const domains = new Set([...providers.values()].flatMap((provider) => provider.domains))
  expect(subjects.flatMap((subject) => publicSenderProblems(subject, domains)).map(formatProblem)).toEqual([])
})
