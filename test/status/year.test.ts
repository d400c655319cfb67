import { expect, it } from 'vitest'
import { simulateYear } from '../../bench/year/simulate.ts'
import { TROUBLES } from '../../bench/year/troubles.ts'
import { summarise } from '../../bench/year.ts'

/*
 * Half a year with every trouble in it, on a real store: parse, judge, extract and the transaction are those of the
 * relay. `npm run bench -- year` lives through the whole of it with many more connections.
 */

it('every cause is told rightly, at once and when retention has taken the codes', async () => {
  const { cases } = await simulateYear({ connections: TROUBLES.length, weeks: 16, seed: 20 })
  const rows = summarise(cases)
  expect(rows.filter(({ cases: all, right }) => right !== all)).toEqual([])
  expect(rows.filter(({ cases: all, rightLater }) => rightLater !== null && rightLater !== all)).toEqual([])
  expect(TROUBLES.filter(({ name }) => !rows.some(({ trouble }) => trouble === name))).toEqual([])
}, 60_000)
