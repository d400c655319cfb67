import { describe, expect, it } from 'vitest'
import { EVENT_RETRY_SECONDS } from '../../src/domain/event.ts'
import { askedToWaitMs } from '../../src/outbox/webhook/retry-after.ts'

const NOW = Date.UTC(2026, 2, 1, 12)
const inSeconds = (seconds: number) => new Date(NOW + seconds * 1000).toUTCString()
const LONGEST_MS = Math.max(...EVENT_RETRY_SECONDS) * 1000

describe('how long an endpoint asks to be left alone', () => {
  it.each([
    ['seconds', '120', 120_000],
    ['none', '0', 0],
    ['spaces around them', ' 30 ', 30_000],
    ['a date', inSeconds(600), 600_000],
    ['a date that is over', inSeconds(-600), 0],
    ['no header', undefined, 0],
    ['an empty one', '', 0],
    ['what is neither', 'soon', 0],
    ['a week', '604800', LONGEST_MS],
    ['so many digits that nobody means them', '9'.repeat(400), LONGEST_MS],
    ['a date in many years', 'Sun, 06 Nov 2994 08:49:37 GMT', LONGEST_MS],
  ])('%s', (_, header, ms) => {
    expect([429, 503].map((status) => askedToWaitMs(status, header, NOW))).toEqual([ms, ms])
  })

  it('is heard only where the status says that it is overloaded', () => {
    const heard = [200, 301, 400, 404, 410, 429, 500, 502, 503].filter((status) =>
      askedToWaitMs(status, '60', NOW),
    )
    expect(heard).toEqual([429, 503])
  })
})
