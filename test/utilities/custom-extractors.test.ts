import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { loadCustomExtractors } from '../../src/utilities/custom-extractors.ts'
import { directoryWith } from './support.ts'

const execute = promisify(execFile)

const source = (utility: string, code: string): string => `
type Message = { readonly sender: string | null }
export default () => ({
  utility: '${utility}',
  claims: (message: Message): boolean => message.sender === 'a@b.test',
  extract: () => ({ kind: 'code', code: '${code}', rule: 'custom:${utility}', confidence: 1, candidates: [] }),
})
`

const LOADER = new URL('../../src/utilities/custom-extractors.ts', import.meta.url)

/**
 * Runs a script in a Node of its own, as it is Node that strips the types and keeps modules, which the test
 * runner's own loader would do differently. The script finds `load()`, `dir`, `print()`.
 */
async function inNode(dir: string, script: string): Promise<unknown> {
  const preamble = `
    import { utimesSync, writeFileSync } from 'node:fs'
    import { loadCustomExtractors } from ${JSON.stringify(LOADER.href)}
    const dir = ${JSON.stringify(dir)}
    const load = () => loadCustomExtractors(dir)
    const print = (value) => process.stdout.write(JSON.stringify(value))
  `
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', preamble + script])
  return JSON.parse(stdout)
}

it('loads TypeScript and JavaScript, and leaves other files alone', async () => {
  const dir = directoryWith({
    'one.ts': source('one', '1'),
    'two.js': "export default () => ({ utility: 'two', claims: () => false, extract: () => ({}) })",
    'one.test.ts': 'throw new Error("a test is not loaded")',
    'three.json': { name: 'Three' },
  })
  const loaded = await inNode(
    dir,
    `const { extractors, problems } = await load()
     print({
       problems,
       utilities: extractors.map(({ utility }) => utility),
       claims: extractors.map((extractor) => extractor.claims({ sender: 'a@b.test' })),
       code: extractors[0].extract({}).code,
     })`,
  )
  expect(loaded).toEqual({ problems: [], utilities: ['one', 'two'], claims: [true, false], code: '1' })
})

it('reads a changed file anew', async () => {
  const dir = directoryWith({ 'one.ts': source('one', '1') })
  // The instant is set by hand: a clock with coarse ticks could give both writes the same.
  const codes = await inNode(
    dir,
    `const code = async () => (await load()).extractors[0].extract({}).code
     const before = await code()
     writeFileSync(dir + '/one.ts', ${JSON.stringify(source('one', '2'))})
     utimesSync(dir + '/one.ts', 1, 1)
     print([before, await code()])`,
  )
  expect(codes).toEqual(['1', '2'])
})

it('names every file that cannot be used, and loads the others', async () => {
  const dir = directoryWith({
    'broken.js': 'export default (',
    'good.js': "export default () => ({ utility: 'good', claims: () => false, extract: () => ({}) })",
    'misnamed.js': "export default () => ({ utility: 'else', claims: () => false, extract: () => ({}) })",
    'nothing.js': 'export const x = 1',
    'shapeless.js': 'export default () => ({})',
    'throws.js': 'export default () => { throw new Error("no luck") }',
    'twice.js': "export default () => ({ utility: 'twice', claims: () => false, extract: () => ({}) })",
    'twice.ts': source('twice', '1'),
  })
  const loaded = await inNode(
    dir,
    `const { extractors, problems } = await load()
     print({
       utilities: extractors.map(({ utility }) => utility),
       problems: problems.map(({ file, reason }) => [file.slice(dir.length + 1), reason]),
     })`,
  )
  expect(loaded).toEqual({
    utilities: ['good', 'twice'],
    problems: [
      ['broken.js', expect.stringContaining('Unexpected')],
      ['misnamed.js', 'names the utility "else", but its file is "misnamed"'],
      ['nothing.js', 'its default export is no function'],
      ['shapeless.js', 'its function returns no { utility, claims(), extract() }'],
      ['throws.js', 'no luck'],
      ['twice.ts', '"twice" has an extractor already, in another file'],
    ],
  })
})

it('says so when the directory is not there', async () => {
  const { problems } = await loadCustomExtractors('/nowhere/utilities')
  expect(problems).toEqual([{ file: '/nowhere/utilities', reason: expect.stringContaining('ENOENT') }])
})
