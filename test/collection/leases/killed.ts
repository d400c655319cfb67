import { newId } from '../../../src/domain/id.ts'
import { openSqliteStore } from '../../../src/store/sqlite/open.ts'
import { company, connection, MINUTE, mfaSetup, T0 } from '../../store/samples.ts'

/*
 * Run as a process of its own by killed.test.ts: leases logins and takes their TOTP codes without pause, and prints a
 * line for each only after the store said that it is durable. Ends by being killed.
 */
const [path = '', key = ''] = process.argv.slice(2)
const store = await openSqliteStore({ path, masterKeys: [Buffer.from(key, 'hex')] })
const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
const owner = company()
await store.createCompany(owner)

for (let n = 0; ; n += 1) {
  const login = connection(owner.id, { username: 'pat' })
  await store.createConnection(login, { password: 'not-a-real-one' })
  const setup = mfaSetup({ method: 'authenticator', totpSecret: 'JBSWY3DPEHPK3PXP' })
  await store.configureMfa(login.id, setup, T0)
  const request = { runner: 'killed', now: T0, expiresAt: T0 + 10 * MINUTE, actor: 'key:runner' }
  const idempotency = { scope: 'key:runner', key: `lease-${n}`, fingerprint: 'f' }
  const leased = await store.leaseLogin({ ...request, attemptId: newId() }, idempotency)
  if (!leased) throw new Error('nothing is due')
  print({ key: idempotency.key, attemptId: leased.attempt.id, connectionId: login.id })
  const claimed = await store.claimTotp(leased.attempt.id, { now: T0 + 1, actor: 'key:runner' })
  if (claimed.kind === 'code') print({ attemptId: leased.attempt.id, codeId: claimed.code.id })
}
