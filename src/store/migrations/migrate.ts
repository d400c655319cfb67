import { type Kysely, sql } from 'kysely'
import { StoreTooNewError } from '../errors.ts'
import type { Schema } from '../schema.ts'
import { first } from './001-first.ts'
import { bounces } from './002-bounces.ts'
import { status } from './003-status.ts'
import { trust } from './004-trust.ts'
import { factors } from './005-factors.ts'
import { schedule } from './006-schedule.ts'
import { documents } from './007-documents.ts'
import { events } from './008-events.ts'
import { notices } from './009-notices.ts'
import { lives } from './010-lives.ts'
import { smsReports } from './011-sms-reports.ts'
import { copiesByCourier } from './012-copies-by-courier.ts'
import { noticeBounces } from './013-notice-bounces.ts'
import type { ColumnTypes, Migration } from './migration.ts'

/** Every step, in order. */
export const MIGRATIONS: readonly Migration[] = [
  first,
  bounces,
  status,
  trust,
  factors,
  schedule,
  documents,
  events,
  notices,
  lives,
  smsReports,
  copiesByCourier,
  noticeBounces,
]

export type MigrateOptions = {
  readonly types: ColumnTypes
  readonly now: number
  readonly migrations?: readonly Migration[]
  /** Whether to go on beside newer programs, as far as the steps they took allow it. */
  readonly besideNewer?: boolean
}

/**
 * Brings the schema up to date. Runs inside a transaction that the caller opened under a lock, so that of two
 * processes that start together one migrates and the other finds it done.
 *
 * @throws StoreTooNewError when a newer program has been here; nothing was changed then
 */
export async function migrate(db: Kysely<Schema>, options: MigrateOptions): Promise<void> {
  const { types, now, migrations = MIGRATIONS, besideNewer = false } = options
  const known = migrations.at(-1)?.number ?? 0
  await sql`create table if not exists migration (
    number integer primary key, name text not null, applied_at bigint not null)`.execute(db)
  const found = await sql<{ number: number | null }>`select max(number) as number from migration`.execute(db)
  const current = found.rows[0]?.number ?? 0
  if (current > known && !(besideNewer && (await oldestProgram(db)) <= known)) {
    throw new StoreTooNewError(current, known)
  }
  for (const { number, name, statements, endsOlder } of migrations.filter((step) => step.number > current)) {
    for (const statement of statements(types)) await sql.raw(statement).execute(db)
    await sql`insert into migration (number, name, applied_at) values (${number}, ${name}, ${now})`.execute(
      db,
    )
    if (endsOlder) await noteOldest(db, number)
  }
}

/** Under this name `meta` holds the number of the last step that a program must know. */
const OLDEST = 'oldest_program'

async function oldestProgram(db: Kysely<Schema>): Promise<number> {
  const row = await db.selectFrom('meta').select('value').where('name', '=', OLDEST).executeTakeFirst()
  return Number(row?.value ?? 0)
}

async function noteOldest(db: Kysely<Schema>, number: number): Promise<void> {
  const value = String(number)
  await db
    .insertInto('meta')
    .values({ name: OLDEST, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute()
}
