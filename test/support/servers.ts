import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stopSharedPostgres } from './postgres.ts'

/** Servers that the tests of a run share are started when somebody needs them, and stopped here. */
export default function setup(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-servers-'))
  process.env.MFA_RELAY_TEST_SERVERS = folder
  return async () => {
    await stopSharedPostgres(folder)
    rmSync(folder, { recursive: true, force: true })
  }
}
