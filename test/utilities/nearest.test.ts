import { expect, it } from 'vitest'
import { BUILT_IN_UTILITIES, loadUtilities } from '../../src/utilities/load.ts'
import { nearest } from '../../src/utilities/nearest.ts'

const { utilities } = loadUtilities({ builtInDir: BUILT_IN_UTILITIES })

it.each([
  ['pgande', ['pge']],
  ['PG&E', ['pge']],
  ['ConEd', ['con-edison']],
  ['con_edison', ['con-edison']],
  ['o&r', ['orange-and-rockland']],
  ['duke', ['duke-energy']],
  ['Baltimore Gas', ['bge']],
  ['delmarva-pwoer', ['delmarva-power']],
  ['enbrige-gas', ['enbridge-gas']],
  ['firstenergy', ['potomac-edison']],
  ['swgas', ['southwest-gas']],
  ['completely different', []],
  ['', []],
  ['!!!', []],
])('%s is near %j', (asked, ids) => {
  expect(nearest(utilities, asked)).toEqual(ids)
})

it('names no more than it is asked for, and is not slowed by what somebody pastes', () => {
  expect(nearest(utilities, 'gas'.repeat(100_000)).length).toBeLessThanOrEqual(3)
  expect(nearest(utilities, 'potomac', 1)).toHaveLength(1)
})
