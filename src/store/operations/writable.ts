import { sql } from 'kysely'
import type { Operations } from '../context.ts'

/** Whether a write can be committed: by committing one that really changes a page. */
export const writable: Operations<'checkWritable'> = {
  async checkWritable({ db }) {
    await db
      .insertInto('meta')
      .values({ name: 'writes_checked', value: '1' })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet({ value: sql<string>`cast(cast(meta.value as integer) + 1 as text)` }),
      )
      .execute()
  },
}
