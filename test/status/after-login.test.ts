import { beforeEach, describe, expect, it } from 'vitest'
import type { Connection } from '../../src/domain/connection.ts'
import type { ConnectionFacts } from '../../src/domain/connection-facts.ts'
import { type DiagnoserDeps, startDiagnoser } from '../../src/status/after-login.ts'
import { waitFor } from '../support/wait-for.ts'
import { ACCEPTED, DAY, facts, login, setting, T0, utilities } from './samples.ts'

type Applied = Parameters<DiagnoserDeps['store']['applyDiagnosis']>

let applied: Applied[]
let asked: (readonly string[])[]
let answers: ('applied' | 'unchanged' | 'stale')[]
let known: ConnectionFacts
let version: number
let pending: { ms: number; call: () => void; isOff: boolean }[]

beforeEach(() => {
  applied = []
  asked = []
  answers = []
  known = facts()
  version = 3
  pending = []
})

const start = (store: Partial<DiagnoserDeps['store']> = {}) =>
  startDiagnoser({
    store: {
      getConnection: async () => ({ version }) as Connection,
      loadFacts: async () => known,
      findBroken: async (ids) => {
        asked.push(ids)
        return [...ids]
      },
      applyDiagnosis: async (...args) => {
        applied.push(args)
        return answers.shift() ?? 'applied'
      },
      ...store,
    },
    findUtility: (id) => utilities.get(id),
    providerOf: setting().providerOf,
    now: () => T0 + DAY,
    after: (ms, call) => {
      const one = { ms, call, isOff: false }
      pending.push(one)
      return () => {
        one.isOff = true
      }
    },
  })

describe('why a login broke', () => {
  it('is written down for the version that was looked at', async () => {
    const diagnoser = start()
    diagnoser.loginEnded('c1')
    await waitFor(() => applied.length, 'the diagnosis')
    const [id, seen, found, now] = applied[0]!
    expect([id, seen, now]).toEqual(['c1', 3, T0 + DAY])
    expect(found).toEqual({
      cause: 'nothing_arrived',
      detail: expect.any(String),
      suggestion: expect.stringContaining('Sandbox Power'),
    })
    await diagnoser.close()
  })

  it('is looked at anew when the connection changed meanwhile, and not for ever', async () => {
    const diagnoser = start()
    answers = ['stale', 'applied']
    diagnoser.loginEnded('c1')
    await waitFor(() => applied.length === 2, 'the second try')
    answers = ['stale', 'stale', 'stale', 'stale']
    diagnoser.loginEnded('c1')
    await waitFor(() => answers.length === 1, 'the last try')
    await diagnoser.close()
    expect(applied).toHaveLength(5)
  })

  it.each<[string, Partial<Parameters<typeof facts>[0]>]>([
    ['the last login worked', { attempts: [login('a1', T0, ACCEPTED)] }],
    ['it is about the password', { attempts: [login('a1', T0, { status: 'PASSWORD_INCORRECT' })] }],
    ['nobody knows', { attempts: [] }],
  ])('is not written where %s', async (_, change) => {
    known = facts(change)
    const diagnoser = start()
    diagnoser.loginEnded('c1')
    await waitFor(() => asked.length, 'a look')
    await diagnoser.close()
    expect(applied).toEqual([])
  })

  it('is nothing to fail for: the others are looked at all the same', async () => {
    const diagnoser = start({
      loadFacts: async (id) => {
        if (id === 'c1') throw new Error('a page of the file is torn')
        return known
      },
    })
    for (const id of ['c0', 'c1', 'c2']) diagnoser.loginEnded(id)
    await waitFor(() => applied.length === 2, 'the others')
    expect(applied.map(([id]) => id)).toEqual(['c0', 'c2'])
    await diagnoser.close()
  })
})

describe('what comes late', () => {
  it('is gathered, and each connection is looked at once', async () => {
    const diagnoser = start()
    for (const id of ['c1', 'c2', 'c1', 'c1']) diagnoser.somethingCame(id)
    expect([asked, pending.length]).toEqual([[], 1])
    pending[0]!.call()
    await waitFor(() => applied.length === 2, 'both')
    expect(asked).toEqual([['c1', 'c2']])
    diagnoser.somethingCame('c1')
    expect(pending).toHaveLength(2)
    await diagnoser.close()
    expect(pending[1]!.isOff).toBe(true)
  })

  it('asks of healthy connections nothing but whether they are broken', async () => {
    const diagnoser = start({ findBroken: async (ids) => ids.filter((id) => id === 'broken') })
    for (let n = 0; n < 450; n += 1) diagnoser.somethingCame(`healthy-${n}`)
    diagnoser.somethingCame('broken')
    pending[0]!.call()
    await waitFor(() => applied.length, 'the broken one')
    await diagnoser.close()
    expect(applied.map(([id]) => id)).toEqual(['broken'])
  })

  it('is dropped in a flood, and after the end', async () => {
    const diagnoser = start()
    for (let n = 0; n < 20_000; n += 1) diagnoser.somethingCame(`c${n}`)
    pending[0]!.call()
    await diagnoser.close()
    diagnoser.loginEnded('c1')
    diagnoser.somethingCame('c1')
    expect(asked.flat().length).toBeLessThanOrEqual(5_000)
    expect(pending).toHaveLength(1)
  })
})
