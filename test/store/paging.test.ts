import { describe, expect, it } from 'vitest'
import { presentPage } from '../../src/http/page.ts'
import { MOST_COUNTED, pageOf } from '../../src/store/operations/paging.ts'

/** What a list of so many items answers, and whether there is a next page. */
function ask(length: number, page: number, limit = 500): { total: number; hasNext: boolean } {
  const items = Array.from({ length: Math.max(0, Math.min(limit, length - (page - 1) * limit)) }, () => 1)
  const found = pageOf(Math.min(length, MOST_COUNTED), items, { page, limit })
  const { total, hasNext } = presentPage(found, { page, limit }, (item) => item)
  return { total, hasNext }
}

describe('totals of lists', () => {
  it('are exact where all was counted', () => {
    expect(ask(0, 1)).toEqual({ total: 0, hasNext: false })
    expect(ask(501, 1)).toEqual({ total: 501, hasNext: true })
    expect(ask(9_999, 20)).toEqual({ total: 9_999, hasNext: false })
    expect(ask(9_999, 99)).toEqual({ total: 9_999, hasNext: false })
  })

  it.each([10_000, 10_001, 12_345, 13_000])('lead to the last of %i items, page after page', (length) => {
    let page = 1
    while (ask(length, page).hasNext) page += 1
    expect(page * 500).toBeGreaterThanOrEqual(length)
    expect((page - 2) * 500).toBeLessThan(length)
    expect(ask(length, 1).total).toBe(MOST_COUNTED)
  })
})
