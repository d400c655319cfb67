import { expect, it } from 'vitest'
import { query } from '../../support/postgres.ts'
import { openNodes } from './test-store.ts'

it('no test of this store passes where a query walks through a table that grows', async () => {
  const { url, remove } = await openNodes(1)
  await query(url, 'select * from message where size = 1')
  await expect(remove()).rejects.toThrow('no index served a query on message')
})
