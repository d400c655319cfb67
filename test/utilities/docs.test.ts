import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { definitionSchema } from '../../src/utilities/definition.ts'
import { expectedSchema } from '../../src/utilities/fixtures.ts'
import { loadUtilities } from '../../src/utilities/load.ts'
import { directoryWith } from './support.ts'

const doc = readFileSync(new URL('../../docs/adding-a-utility.md', import.meta.url), 'utf8')
const blocks = (language: string): string[] =>
  [...doc.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => match[1]!)

it('shows a definition and answers that are valid', () => {
  const [definition, ...answers] = blocks('json').map((block) => JSON.parse(block) as unknown)
  expect(definitionSchema.safeParse(definition).error).toBeUndefined()
  expect(answers).toHaveLength(3)
  for (const answer of answers) expect(expectedSchema.safeParse(answer).error).toBeUndefined()
})

it('names every member of a definition', () => {
  for (const member of Object.keys(definitionSchema.shape).filter((name) => name !== '$schema'))
    expect(doc).toContain(`\`${member}`)
})

it('shows the problem that the check prints for it', () => {
  const [definition] = blocks('json')
  const dir = directoryWith({ 'example-electric.json': definition!.replace('"from"', '"form"') })
  const [problem] = loadUtilities({ builtInDir: dir }).problems
  expect(doc).toContain(
    `example-electric.json:${problem?.line}:${problem?.column}: email.form: no such member`,
  )
})

it('shows a custom extractor that loads and reads', async () => {
  const dir = directoryWith({ 'example-electric.ts': blocks('ts')[0] })
  const loader = new URL('../../src/utilities/custom-extractors.ts', import.meta.url)
  const script = `
    import { loadCustomExtractors } from ${JSON.stringify(loader.href)}
    const { extractors, problems } = await loadCustomExtractors(${JSON.stringify(dir)})
    const read = (text) => extractors[0].extract({ sender: null, text })
    const answers = ['Please say "blue 42" to the portal.', 'Hello'].map(read)
    process.stdout.write(JSON.stringify({ problems, answers }))
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  expect(JSON.parse(stdout)).toMatchObject({
    problems: [],
    answers: [
      { kind: 'code', code: 'blue42' },
      { kind: 'none', reason: 'unmatched' },
    ],
  })
})
