import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FAULTS, type Servers } from '../../chaos/cluster/faults.ts'
import { runCluster } from '../../chaos/cluster/run.ts'
import { createClusterWorld } from '../../chaos/cluster/world.ts'
import { startPostgres } from '../support/postgres.ts'
import { startRedis } from '../support/redis.ts'

/*
 * A small run of `npm run bench -- cluster`: three real processes behind a load balancer on a PostgreSQL and a Redis of
 * their own, and everything that may go wrong goes wrong once.
 */

const CODES = 200
const RUNNERS = 12

describe('a cluster', () => {
  let servers: Servers
  beforeAll(async () => {
    servers = { postgres: await startPostgres(), redis: await startRedis() }
  })
  afterAll(async () => {
    servers.postgres.remove()
    await servers.redis.close()
  })

  it('hands each code out once and loses nothing, whatever dies under it', { timeout: 400_000 }, async () => {
    const world = await createClusterWorld({
      seed: 'test cluster',
      nodes: 3,
      connections: RUNNERS + 2,
      databaseUrl: servers.postgres.url,
      redisUrl: servers.redis.url,
    })
    try {
      const { totals, violations, faults } = await runCluster(world, servers, {
        codes: CODES,
        runners: RUNNERS,
        floods: 2,
        faults: FAULTS,
        calmMs: 500,
        say: () => {},
      })
      expect(violations).toEqual([])
      expect(totals).toMatchObject({ lost: 0, handedOutTwice: 0, copiesMissing: 0 })
      expect(totals.codesClaimed).toBeGreaterThanOrEqual(CODES)
      expect(Object.keys(faults)).toEqual(FAULTS.map(({ name }) => name))
      for (const { given } of Object.values(world.balancers))
        expect(given.every((count) => count > 0)).toBe(true)
    } finally {
      await world.close()
    }
  })
})
