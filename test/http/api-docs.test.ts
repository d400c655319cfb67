import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { STATUS_OF } from '../../src/http/errors.ts'
import { startApi, type TestApi } from '../support/api.ts'

type Operation = { 'x-scopes'?: string[]; summary?: string; responses: Record<string, unknown> }

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')

describe('docs/api.md', () => {
  let api: TestApi
  let operations: [string, Operation][]
  beforeAll(async () => {
    api = await startApi()
    const { body } = await api.call<{ paths: Record<string, Record<string, Operation>> }>(
      'GET',
      '/openapi.json',
    )
    operations = Object.entries(body.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, one]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        one,
      ]),
    )
  })
  afterAll(() => api.close())

  it('lists the routes of these rooms with the scopes that the code checks', () => {
    const coded = operations
      .filter(([route]) => route.includes('/v2/'))
      .map(([route, one]) => [route, one['x-scopes']?.join(', ')])
    const rows = [...page.matchAll(/^\| `([A-Z]+ \/v2\/\S+)` \| ([a-z, ]+) \|/gm)]
    expect(rows.map((row) => [row[1], row[2]]).sort()).toEqual(coded.sort())
  })

  it('lists every error with its status', () => {
    const rows = [...page.matchAll(/^\| (\d{3}) \| `([a-z_]+)` \|/gm)].map((row) => [row[2], Number(row[1])])
    const framework = [
      ['method_not_allowed', 405],
      ['unsupported_media_type', 415],
      ['internal', 500],
    ]
    expect(rows.sort()).toEqual([...Object.entries(STATUS_OF), ...framework].sort())
  })

  it('is described for every route: a summary, and at least one success', () => {
    for (const [route, { summary, responses }] of operations) {
      expect([route, summary]).toEqual([route, expect.any(String)])
      expect([route, Object.keys(responses).some((status) => status.startsWith('2'))]).toEqual([route, true])
    }
  })
})
