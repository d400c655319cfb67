import { rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { doctor } from '../../src/commands/doctor.ts'
import { SEALED_COLUMNS } from '../../src/store/operations/reseal.ts'
import { createSealer } from '../../src/store/seal.ts'
import { openTestStore } from '../store/sqlite/test-store.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { provision, startRelay, type TestRelay, testEnvironment } from '../support/relay.ts'
import { waitFor } from '../support/wait-for.ts'

const [K1, K2] = ['1a'.repeat(32), '2b'.repeat(32)]

let running: TestRelay | null = null
let dataDir = ''
afterEach(async () => {
  await running?.close()
  running = null
  rmSync(dataDir, { recursive: true, force: true })
})

async function start(masterKey: string): Promise<TestRelay> {
  await running?.close()
  running = await startRelay({ MASTER_KEY: masterKey }, dataDir || undefined)
  dataDir = running.dataDir
  return running
}

const keysInUse = (): string[] => {
  const database = new Database(`${dataDir}/relay.db`, { readonly: true })
  const ids = database.prepare<[], string>('select key_id from key_check').pluck().all()
  database.close()
  return ids
}
const idOf = (key: string): string => createSealer([Buffer.from(key, 'hex')]).keyId

async function doctorSays(masterKey: string): Promise<string> {
  const lines: string[] = []
  await doctor({ ...testEnvironment(dataDir), MASTER_KEY: masterKey }, { json: false }, {
    out: (line: string) => lines.push(line),
    err: () => {},
  } as never)
  return lines.join('\n')
}

describe('a change of MASTER_KEY', () => {
  it('k1, then k2 and k1, then k2 alone: everything opens, and nothing was down', async () => {
    const first = await start(K1)
    const { connectionId, emailAddress } = await provision(first)
    const mfa = `/v2/connection/${connectionId}/mfa`
    const questions = [{ question: 'First pet?', answer: 'Rex the dog' }]
    const setup = {
      method: 'managed_forwarding',
      securityQuestions: questions,
      totpSecret: 'JBSWY3DPEHPK3PXP',
    }
    expect((await first.api('PUT', mfa, setup)).status).toBe(200)
    const attempt = (await first.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {}))
      .body.id
    await sendMail(first.ports.smtp, { to: emailAddress, text: codeText('481920') })
    const large = `${codeText('555555')}${'x'.repeat(3_000_000)}`
    await sendMail(first.ports.smtp, { to: emailAddress, subject: 'large', text: large })

    await start(`${K2},${K1}`)
    await waitFor(() => keysInUse().join() === idOf(K2), 'everything to be sealed under the new key')
    expect(await doctorSays(`${K2},${K1}`)).toContain('nothing needs the keys behind the first any more')

    const last = await start(K2)
    const code = await last.api('GET', `/v2/attempt/${attempt}/code?wait=10`)
    expect(code.body.code).toMatch(/481920|555555/)
    const answer = await last.api('POST', `/v2/attempt/${attempt}/answer`, { question: 'First pet?' })
    expect(answer.body.answer).toBe('Rex the dog')
    const { body } = await last.api<{ username: string }>('GET', `/v2/connection/${connectionId}/details`)
    expect(body.username).toBe('pat@example.com')
    const listed = await last.api<{ items: { id: string; subject: string; size: number }[] }>(
      'GET',
      `/v2/connection/${connectionId}/messages`,
    )
    expect(listed.body.items.map(({ subject }) => subject).sort()).toEqual(['Your sign-in code', 'large'])
    for (const { id, size } of listed.body.items) {
      const full = await last.api<{ body: { content: string } }>('GET', `/v2/message/${id}?body=true`)
      expect(full.body.body.content).toHaveLength(size)
    }
    await expect(start(K1)).rejects.toThrow()
    running = null
  }, 60_000)

  it('keeps the old key while something of its opens under no key, and says so', async () => {
    const first = await start(K1)
    const { connectionId } = await provision(first)
    await first.close()
    running = null
    const database = new Database(`${dataDir}/relay.db`)
    const header = createSealer([Buffer.from(K1, 'hex')]).header
    const damaged = Buffer.concat([header, Buffer.alloc(40, 7)])
    database.prepare('update connection set password = ? where id = ?').run(damaged, connectionId)
    database.close()
    await start(`${K2},${K1}`)
    // The user name, which is whole, moves; the password cannot.
    await waitFor(() => {
      const reading = new Database(`${dataDir}/relay.db`, { readonly: true })
      const sealed = reading
        .prepare<[string], Buffer>('select username from connection where id = ?')
        .pluck()
        .get(connectionId)
      reading.close()
      return sealed?.toString('hex', 1, 5) === idOf(K2)
    }, 'what is whole to be sealed anew')
    await running!.close()
    running = null
    expect(keysInUse().sort()).toEqual([idOf(K1), idOf(K2)].sort())
    expect(await doctorSays(`${K2},${K1}`)).toContain('still open what they sealed')
  })

  it('costs one look when there is one key', async () => {
    const opened = await openTestStore()
    expect(await opened.store.reseal(() => false)).toEqual({ oldKeys: [], rows: 0, broken: 0, isDone: true })
    await opened.remove()
  })
})

describe('what is sealed anew', () => {
  it('is every sealed column that there is', async () => {
    const opened = await openTestStore()
    const database = new Database(opened.path, { readonly: true })
    const blobs = database
      .prepare<[], string>(
        `select m.name || '.' || c.name from sqlite_master m, pragma_table_info(m.name) c
         where m.type = 'table' and lower(c.type) = 'blob' and m.name <> 'key_check'`,
      )
      .pluck()
      .all()
    database.close()
    await opened.remove()
    expect(SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`).sort()).toEqual(blobs.sort())
  })
})
