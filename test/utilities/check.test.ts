import { describe, expect, it } from 'vitest'
import type { Extraction } from '../../src/domain/extraction.ts'
import {
  fixtureProblems,
  overlapProblems,
  publicSenderProblems,
  type ReadFixture,
  readingProblems,
  type Subject,
} from '../../src/utilities/check.ts'
import type { UtilityDefinition } from '../../src/utilities/definition.ts'
import { expectedSchema, type Fixture, readFixtures } from '../../src/utilities/fixtures.ts'
import { define, directoryWith, EXAMPLE } from './support.ts'

const place = (id: string): Subject['file'] => ({
  file: `${id}.json`,
  problem: (path, reason) => ({ file: `${id}.json`, path: path.join('.'), reason }),
})
const subject = (definition: UtilityDefinition, fixtures: readonly Fixture[] = []): Subject => ({
  definition,
  file: place(definition.id),
  fixtures,
})
const fixture = (name: string, expected: Record<string, unknown>): Fixture => ({
  utility: 'example',
  file: name,
  sms: null,
  expected: {
    file: `${name}.expected`,
    value: expectedSchema.parse(expected),
    problem: place(name).problem,
  },
})
const positive = fixture('01', { kind: 'code', code: '123456', note: 'a code' })
const negative = fixture('02', { kind: 'none', reason: 'unmatched', note: 'a bill' })
const example = define('example', EXAMPLE)

const code = (rule: string, found = '123456'): Extraction => ({
  kind: 'code',
  code: found,
  rule,
  confidence: 1,
  candidates: [],
})
const none: Extraction = { kind: 'none', reason: 'unmatched', candidates: [] }
const answering =
  (answers: Record<string, Extraction>, sender = 'a@example-electric.test'): ReadFixture =>
  async ({ file }) => ({ sender, extraction: answers[file] ?? none })

describe('fixtureProblems', () => {
  it('asks for a positive and a negative', () => {
    const reasons = (fixtures: Fixture[]) =>
      fixtureProblems(subject(example, fixtures)).map(({ reason }) => reason)
    expect(reasons([positive, negative])).toEqual([])
    expect(reasons([positive])).toEqual(['fixtures/example has no negative: a message without a code'])
    expect(reasons([negative])).toEqual(['fixtures/example has no positive: a message with a code'])
    expect(reasons([])).toHaveLength(2)
  })
})

describe('overlapProblems', () => {
  const rival = (content: Record<string, unknown>) =>
    overlapProblems([subject(example), subject(define('rival', content))]).map(({ path, reason }) => [
      path,
      reason,
    ])

  it.each([
    [{ email: { from: ['@example-electric.test'] } }, 'email.from.0'],
    [{ email: { from: ['@news.example-electric.test'] } }, 'email.from.0'],
    [{ email: { from: ['codes@example-electric.test'] } }, 'email.from.0'],
    [{ sms: { from: ['72399'] } }, 'sms.from.0'],
  ])('finds the sender that %j claims too', (content, path) => {
    expect(rival(content)).toEqual([[path, expect.stringContaining('"rival" claims')]])
  })

  it('lets neighbours be', () => {
    expect(rival({ email: { from: ['@electric.test', 'a@b.test'] }, sms: { from: ['7239'] } })).toEqual([])
  })

  it('lets companies of one family share a sender', () => {
    const shared = { family: 'grid', email: { from: ['@grid.test'] } }
    expect(overlapProblems([subject(define('a', shared)), subject(define('b', shared))])).toEqual([])
  })
})

it('refuses domains at which anybody can have an address', () => {
  const careless = define('careless', {
    email: { from: ['@gmail.com', 'codes@gmail.com'] },
    web: ['gmail.com'],
  })
  expect(publicSenderProblems(subject(careless), new Set(['gmail.com'])).map(({ path }) => path)).toEqual([
    'email.from.0',
    'web.0',
  ])
})

describe('readingProblems', () => {
  const hits = {
    '01': code('template:example/email/0'),
    '01b': code('template:example/email/1'),
    '01c': code('template:example/sms/0'),
  }
  const all = [positive, { ...positive, file: '01b' }, { ...positive, file: '01c' }, negative]
  const reasons = async (
    fixtures: readonly Fixture[],
    read: ReadFixture,
    others: readonly Subject[] = [],
  ) => {
    const own = subject(example, fixtures)
    return (await readingProblems(own, [own, ...others], read)).map(
      ({ file, reason }) => `${file}: ${reason}`,
    )
  }

  it('has nothing to say when every answer is right and every template hit', async () => {
    expect(await reasons(all, answering(hits))).toEqual([])
  })

  it('says what a fixture gives and what it should', async () => {
    const answers = { ...hits, '01': none, '02': code('general', '99') }
    expect(await reasons(all, answering(answers))).toEqual([
      '01: gives none unmatched, but code 123456 is expected (a code)',
      '02: gives code 99, but none unmatched is expected (a bill)',
      'example.json: no fixture is read by "verification code is {code:6}"',
    ])
  })

  it('tells the two kinds of "none" apart', async () => {
    const ambiguous: Extraction = { kind: 'none', reason: 'ambiguous', candidates: [] }
    expect(await reasons([negative], answering({ '02': ambiguous }))).toContain(
      '02: gives none ambiguous, but none unmatched is expected (a bill)',
    )
  })

  it('takes another answer where the fixture says that it does no harm, but never a code', async () => {
    const bill = fixture('02', { kind: 'notice', alsoFair: ['none'], note: 'a bill' })
    expect(await reasons([positive, bill], answering({ '02': none }))).not.toContainEqual(
      expect.stringContaining('02'),
    )
    expect(await reasons([bill], answering({ '02': code('general', '99') }))).toContain(
      '02: gives code 99, but notice is expected (a bill)',
    )
  })

  it('goes on after a fixture that cannot be read', async () => {
    const read: ReadFixture = async (asked, definition) => {
      if (asked.file === '02') throw new Error('no mail')
      return answering(hits)(asked, definition)
    }
    expect(await reasons(all, read)).toEqual(['02: could not be read: no mail'])
  })

  it('finds another definition that claims the message', async () => {
    const rival = subject(define('rival', { email: { from: ['@example-electric.test'] } }))
    expect(await reasons([negative], answering({}), [rival])).toContain(
      '02: is from a@example-electric.test, which "rival" claims too',
    )
  })
})

describe('readFixtures', () => {
  const expected = { kind: 'none', reason: 'unmatched', note: 'x' }

  it('pairs messages with their answers', () => {
    const dir = directoryWith({
      '01-mail.eml': 'Subject: x\r\n\r\n',
      '01-mail.expected.json': { kind: 'code', code: '1234', note: 'x' },
      '02-text.sms.json': { From: '72399', To: '+12025550143', Body: 'hi' },
      '02-text.expected.json': expected,
      '02-text.got': 'left by a test',
    })
    const { fixtures, problems } = readFixtures(dir, 'example')
    expect(problems).toEqual([])
    expect(fixtures.map(({ sms, expected: { value } }) => [sms?.From ?? 'mail', value.kind])).toEqual([
      ['mail', 'code'],
      ['72399', 'none'],
    ])
  })

  it('names what has no partner, another name or another shape', () => {
    const dir = directoryWith({
      '01-alone.eml': '',
      '02-alone.expected.json': expected,
      '03-text.sms.json': { from: '72399' },
      '03-text.expected.json': expected,
      '04-code.eml': '',
      '04-code.expected.json': { kind: 'code', note: 'x' },
      '05-none.eml': '',
      '05-none.expected.json': { kind: 'none', note: 'x' },
      '06-fair.eml': '',
      '06-fair.expected.json': { kind: 'code', code: '1234', alsoFair: ['none'], note: 'x' },
      'readme.md': '',
    })
    const { problems } = readFixtures(dir, 'example')
    expect(problems.map(({ file, path }) => [file.slice(dir.length + 1), path ?? ''])).toEqual([
      ['01-alone.expected.json', ''],
      ['02-alone.expected.json', ''],
      ['03-text.sms.json', 'From'],
      ['03-text.sms.json', 'To'],
      ['03-text.sms.json', 'Body'],
      ['03-text.sms.json', 'from'],
      ['04-code.expected.json', 'code'],
      ['05-none.expected.json', 'reason'],
      ['06-fair.expected.json', 'alsoFair'],
      ['readme.md', ''],
    ])
  })

  it('finds none where there is no directory', () => {
    expect(readFixtures('/nowhere/fixtures', 'example')).toEqual({ fixtures: [], problems: [] })
  })
})
