import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { loadUtilities } from '../../src/utilities/load.ts'
import type { Problem } from '../../src/utilities/problem.ts'
import { type UtilitiesWatch, watchUtilities } from '../../src/utilities/watch.ts'
import { waitFor } from '../support/wait-for.ts'
import { directoryWith, put } from './support.ts'

let watching: UtilitiesWatch | undefined
afterEach(() => watching?.close())

function start(operatorDir: string) {
  const builtInDir = directoryWith({ 'a.json': { name: 'Built-in A' } })
  const options = { builtInDir, operatorDir }
  const problems: Problem[] = []
  let changes = 0
  watching = watchUtilities({
    ...options,
    initial: loadUtilities(options).utilities,
    onChange: () => {
      changes += 1
    },
    onProblems: (found) => problems.push(...found),
  })
  const watch = watching
  const names = (): string[] => [...watch.current().values()].map(({ name }) => name)
  return { builtInDir, problems, names, watch, changes: () => changes }
}

it('takes up new, changed, replaced and removed files', async () => {
  const dir = directoryWith({ 'b.json': { name: 'B' } })
  const { names } = start(dir)
  expect(names()).toEqual(['Built-in A', 'B'])

  put(dir, 'c.json', { name: 'C' })
  await waitFor(() => names().join('; ') === 'Built-in A; B; C', 'the change to be in force')
  put(dir, 'c.tmp', { name: 'C, replaced' })
  renameSync(join(dir, 'c.tmp'), join(dir, 'c.json'))
  await waitFor(() => names().join('; ') === 'Built-in A; B; C, replaced', 'the change to be in force')
  rmSync(join(dir, 'b.json'))
  await waitFor(() => names().join('; ') === 'Built-in A; C, replaced', 'the change to be in force')
})

it('keeps what was in force while a file is broken, and says what is wrong', async () => {
  const dir = directoryWith({ 'b.json': { name: 'B' } })
  const { names, problems, changes } = start(dir)
  put(dir, 'b.json', '{ "name": "B", "nmae": 1 }')
  await waitFor(() => problems.length > 0, 'the problem to be reported')
  expect(problems[0]).toMatchObject({ file: join(dir, 'b.json'), line: 1, path: 'nmae' })
  expect(names()).toEqual(['Built-in A', 'B'])
  expect(changes()).toBe(0)

  put(dir, 'b.json', { name: 'B, mended' })
  await waitFor(() => names().join('; ') === 'Built-in A; B, mended', 'the change to be in force')
})

it('reads again when told to, without waiting for the file system', () => {
  const dir = directoryWith({})
  const { watch, names, changes } = start(dir)
  put(dir, 'b.json', { name: 'B' })
  watch.reload()
  expect(names()).toEqual(['Built-in A', 'B'])
  expect(changes()).toBe(1)
})

it('says that it cannot watch a directory that is not there, and goes on', () => {
  const { problems, names } = start('/nowhere/utilities')
  expect(problems).toEqual([{ file: '/nowhere/utilities', reason: expect.stringContaining('not noticed') }])
  expect(names()).toEqual(['Built-in A'])
})
