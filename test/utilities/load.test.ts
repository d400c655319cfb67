import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { definitionSchema } from '../../src/utilities/definition.ts'
import { BUILT_IN_UTILITIES, loadUtilities } from '../../src/utilities/load.ts'
import { formatProblem } from '../../src/utilities/problem.ts'
import { directoryWith, EXAMPLE } from './support.ts'

const IDS = [
  ...['atlantic-city-electric', 'bge', 'con-edison', 'delmarva-power', 'duke-energy', 'elizabethtown-gas'],
  ...['enbridge-gas', 'eweb', 'hrsd', 'kitchener', 'orange-and-rockland', 'peco', 'pepco', 'pge'],
  ...['potomac-edison', 'pseg-nj', 'sandbox-power', 'sdge', 'southwest-gas', 'washington-gas'],
]

describe('loadUtilities', () => {
  it('finds the definitions that ship with the relay, without a problem', () => {
    const { utilities, problems } = loadUtilities({ builtInDir: BUILT_IN_UTILITIES })
    expect(problems.map(formatProblem)).toEqual([])
    expect([...utilities.keys()]).toEqual(IDS)
  })

  it('fills in what a definition leaves out', () => {
    const { utilities } = loadUtilities({ builtInDir: directoryWith({ 'plain.json': { name: 'Plain' } }) })
    expect(utilities.get('plain')).toMatchObject({
      id: 'plain',
      email: { from: [], signedBy: [], codes: [] },
      validForSeconds: 600,
      advice: {},
    })
  })

  it('does not mind the byte order mark that some editors write', () => {
    const { problems } = loadUtilities({ builtInDir: directoryWith({ 'a.json': '\uFEFF{ "name": "A" }' }) })
    expect(problems).toEqual([])
  })

  it('puts the definition of the operator over the built-in one of the same id', () => {
    const { utilities, problems, files } = loadUtilities({
      builtInDir: directoryWith({ 'a.json': { name: 'Built-in A' }, 'b.json': { name: 'Built-in B' } }),
      operatorDir: directoryWith({ 'b.json': { name: 'Our B' }, 'c.json': EXAMPLE }),
    })
    expect(problems).toEqual([])
    expect([...utilities.values()].map(({ name }) => name)).toEqual([
      'Built-in A',
      'Our B',
      'Example Electric',
    ])
    expect(files.get('c')?.problem(['sms', 'codes', 0], 'x')).toMatchObject({ path: 'sms.codes.0' })
  })

  it('keeps the built-in definition when the one over it is broken', () => {
    const { utilities, problems } = loadUtilities({
      builtInDir: directoryWith({ 'a.json': { name: 'Built-in A' } }),
      operatorDir: directoryWith({ 'a.json': '{ "name": ' }),
    })
    expect(utilities.get('a')?.name).toBe('Built-in A')
    expect(problems).toHaveLength(1)
  })

  it('reports every problem of every file at once, each with its place', () => {
    const dir = directoryWith({
      'a.json': '{\n  "name": "A",\n  "emial": {},\n  "country": ["USA"]\n}',
      'b.json': '{\n  "name": "B",\n  "email": { "from": ["@com"] },\n}',
      'c.json': '{\n  "name": "C",\n  "email": { "from": ["@com", "nobody"], "codes": [""] }\n}',
      'd.json': '{\n  "name": "D",\n  "name": "E"\n}',
      'e.json': '{\n  "validForSeconds": 5\n}',
      'Upper.json': '{}',
      'other.json': '{ "name": "Other" }',
      'notes.txt': 'not read',
    })
    const found = loadUtilities({ builtInDir: dir }).problems.map((problem) =>
      formatProblem({ ...problem, file: problem.file.slice(dir.length + 1) }),
    )
    expect(found).toEqual([
      expect.stringMatching(/^Upper\.json: the file name is the id/),
      expect.stringMatching(/^a\.json:4:15: country\.0: /),
      'a.json:3:3: emial: no such member',
      'b.json:4:1: not JSON: expected a member name in double quotes',
      'c.json:3:23: email.from.0: its domain is a public suffix',
      expect.stringMatching(/^c\.json:3:31: email\.from\.1: an address, or "@domain"/),
      expect.stringMatching(/^c\.json:3:52: email\.codes\.0: /),
      'd.json:3:3: name: is there twice',
      expect.stringMatching(/^e\.json:1:1: name: /),
      expect.stringMatching(/^e\.json:2:3: validForSeconds: /),
      'other.json:1:1: "other" stands for utilities without a definition',
    ])
  })

  it('refuses templates that read nobody, or that the template language does not know', () => {
    const dir = directoryWith({
      'a.json': { name: 'A', sms: { codes: ['code {code:6}'] } },
      'b.json': { name: 'B', email: { from: ['@b.test'], codes: ['fine {code:6}', 'bad {cod:6}'] } },
    })
    const { problems } = loadUtilities({
      builtInDir: dir,
      checkTemplate: (template) => (template.includes('{code:') ? null : 'has no slot'),
    })
    expect(problems).toEqual([
      expect.objectContaining({ file: join(dir, 'a.json'), path: 'sms.codes' }),
      expect.objectContaining({ file: join(dir, 'b.json'), path: 'email.codes.1', reason: 'has no slot' }),
    ])
  })

  it('says so when the directory is not there', () => {
    expect(loadUtilities({ builtInDir: '/nowhere/utilities' }).problems).toEqual([
      { file: '/nowhere/utilities', reason: expect.stringContaining('ENOENT') },
    ])
  })
})

describe('definitionSchema', () => {
  it('takes the example of the documentation', () => {
    expect(definitionSchema.safeParse(EXAMPLE).success).toBe(true)
  })

  it.each([
    [{ ladder: ['sms', 'sms'] }, 'ladder'],
    [{ ladder: [] }, 'ladder'],
    [{ web: ['https://example.com'] }, 'web.0'],
    [{ web: ['github.io'] }, 'web.0'],
    [{ email: { from: ['@co.uk'] } }, 'email.from.0'],
    [{ links: [{ title: 'Sign in', url: 'http://example.com' }] }, 'links.0.url'],
    [{ advice: { telepathy: { fit: 'possible', why: 'no' } } }, 'advice'],
    [{ family: 'Exelon Corporation' }, 'family'],
    [{ mfa: { channels: { email: 'maybe' } } }, 'mfa.channels.email'],
  ])('refuses %j', (content, path) => {
    const { error } = definitionSchema.safeParse({ name: 'X', ...content })
    expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(path)
  })

  it('writes senders in lower case, as headers are compared', () => {
    const { email } = definitionSchema.parse({ name: 'X', email: { from: ['No-Reply@x.test'] } })
    expect(email.from).toEqual(['no-reply@x.test'])
  })
})
