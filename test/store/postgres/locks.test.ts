import { expect, it } from 'vitest'
import { writes } from '../../../src/store/operations/index.ts'
import { locksOf } from '../../../src/store/postgres/locks.ts'

/** What nobody has thought through for many nodes yet: it runs alone, which is right but holds all others up. */
const ALONE: readonly string[] = []

it('names what each write keeps to itself', () => {
  const args = Array.from({ length: 5 }, () => ({ id: 'x', connectionId: 'x', companyId: 'x' }))
  const alone = Object.keys(writes).filter((method) => locksOf(method, args).alone)
  expect(alone).toEqual(ALONE)
})

it('lets what is not named run alone', () => {
  expect(locksOf('somethingNew', [])).toEqual({ keys: [], alone: true })
})
