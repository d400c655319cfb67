import { existsSync } from 'node:fs'
import type pg from 'pg'
import type { Config } from '../../config.ts'
import { cleanLine } from '../../outbox/wording.ts'
import { sqlitePath } from '../../store/master-key.ts'
import { openForReading } from '../../store/sqlite/database.ts'
import type { Finding } from './check.ts'

type OwedRow = { readonly provider_sid: string; readonly since: number; readonly last_error: string | null }

const OWED = 'select provider_sid, since, last_error from number_release order by since'

/** Are there numbers that nobody uses any more, and that still cost money? In the embedded store. */
export async function checkNumbers(config: Config): Promise<Finding[]> {
  const path = sqlitePath(config)
  if (!existsSync(path)) return []
  const database = openForReading(path)
  try {
    const isKnown = database.prepare("select 1 from sqlite_master where name = 'number_release'").get()
    return isKnown ? judgeOwed(database.prepare<[], OwedRow>(OWED).all(), config) : []
  } finally {
    database.close()
  }
}

/** The same in the store of many nodes, where our user may look there. */
export async function owedNumbersFinding(client: pg.Client, config: Config): Promise<Finding[]> {
  const readable = "select 1 where has_table_privilege(to_regclass('number_release'), 'select')"
  if ((await client.query(readable)).rowCount === 0) return []
  return judgeOwed((await client.query<OwedRow>(OWED)).rows, config)
}

/** @param owed those that have waited longest first */
function judgeOwed(owed: readonly OwedRow[], { twilioAccountSid }: Config): Finding[] {
  const oldest = owed[0]
  if (!oldest) return []
  const part = 'numbers'
  const day = new Date(Number(oldest.since)).toISOString().slice(0, 10)
  const text = `${owed.length} that nobody uses to be given back to Twilio, which charges for them; first since ${day}`
  if (!twilioAccountSid) {
    const advice = 'set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: without them nothing can be given back'
    return [{ part, state: 'warn', text, advice }]
  }
  const failed = owed.find(({ last_error: error }) => error !== null)
  if (!failed) return [{ part, state: 'ok', text: `${text}; a running relay does so` }]
  const advice = `a running relay tries on; where Twilio keeps refusing, release ${failed.provider_sid} in its console`
  return [{ part, state: 'warn', text: `${text}; ${cleanLine(failed.last_error ?? '', 120)}`, advice }]
}
