import { describe, expect, it } from 'vitest'
import { checkState, checkText, newCheckToken, readCheckToken } from '../../src/domain/number-check.ts'

const T = 1_000_000
const check = (change: object) => ({
  id: 'c',
  connectionId: 'x',
  address: '+14155550131',
  token: 't',
  askedAt: T,
  arrivedAt: null,
  error: null,
  ...change,
})

describe('a delivery check', () => {
  it.each([
    ['waiting', {}, T + 599_999],
    ['never', {}, T + 600_000],
    ['arrived', { arrivedAt: T + 60_000 }, T + 9e9],
    ['late', { arrivedAt: T + 60_001 }, T + 9e9],
    ['late', { arrivedAt: T + 900_000 }, T + 9e9],
    ['not_sent', { error: 'no route' }, T + 9e9],
    // It was sent although the sender heard of an error.
    ['arrived', { error: 'timeout', arrivedAt: T + 5 }, T + 9],
  ])('is %s', (state, change, now) => {
    expect(checkState(check(change), now)).toBe(state)
  })

  it('knows its own text again, also where a carrier wraps it', () => {
    const token = newCheckToken()
    expect(readCheckToken(checkText(token))).toBe(token)
    expect(readCheckToken(`Msg 1/1: ${checkText(token)} `)).toBe(token)
    expect(readCheckToken('Your code is 482913')).toBeNull()
  })
})
