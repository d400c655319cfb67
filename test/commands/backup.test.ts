import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backup } from '../../src/commands/backup.ts'
import { restore } from '../../src/commands/restore.ts'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { type RelayProcess, startProcess } from '../support/process.ts'
import { ADMIN_KEY, callApi, provision, testEnvironment } from '../support/relay.ts'

/* The relay in a process of its own, backed up while it serves, and restored into another directory. */

let folder: string
let relay: RelayProcess | undefined
let printed: string[]

const dir = (name: string): string => join(folder, name)
const env = (name: string) => testEnvironment(dir(name))
const io = { out: (text: string) => printed.push(text), err: (text: string) => printed.push(text) }
const start = async (name: string): Promise<RelayProcess> => {
  relay = await startProcess({ ...env(name), LOG_LEVEL: 'info' })
  return relay
}
/** Once: a process that was killed is not waited for again. */
const end = async (signal: NodeJS.Signals): Promise<void> => {
  const running = relay
  relay = undefined
  await running?.stop(signal)
}
const api = <T = Record<string, unknown>>(method: string, path: string, body?: unknown) =>
  callApi<T>(relay!.url, method, path, body, ADMIN_KEY)
const takeBackup = (change: { force?: boolean; withKey?: boolean } = {}) =>
  backup(dir('copy.db'), { force: false, withKey: false, ...change }, env('old'), io)
const putBack = (to: string, change: { force?: boolean; keepOpen?: boolean } = {}) =>
  restore(dir('copy.db'), { force: false, keepOpen: false, ...change }, env(to), io)

const openAttempt = async (connectionId: string): Promise<string> =>
  (await api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})).body.id
const poll = async (attemptId: string) => {
  const { status, body } = await api<{ code?: string }>('GET', `/v2/attempt/${attemptId}/code?wait=0`)
  return { status, code: body.code }
}
/** Sends a code; answers the id that the 250 names. */
const send = async (to: string, code: string): Promise<string> =>
  /kept as (\S+)/.exec(await sendMail(relay!.smtpPort, { to, text: codeText(code) }))![1]!

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mfa-relay-backup-'))
  printed = []
})
afterEach(async () => {
  await end('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

// Each starts the program, most of them twice: on a busy machine that alone takes long.
const PATIENT = { timeout: 180_000 }

describe('a backup taken while mail comes in', PATIENT, () => {
  it('holds every message that was acknowledged before it began', async () => {
    await start('old')
    const { emailAddress } = await provision({ api })
    const acknowledged: string[] = []
    let serial = 0
    let isOver = false
    const sender = async (): Promise<void> => {
      while (!isOver) acknowledged.push(await send(emailAddress, String(100_000 + ++serial)))
    }
    const senders = Promise.all([sender(), sender()])
    while (acknowledged.length < 10) await new Promise((resolve) => setImmediate(resolve))
    const before = [...acknowledged]
    expect(await takeBackup()).toBe(0)
    isOver = true
    await senders
    await end('SIGKILL')

    bringKey('old', 'new')
    expect(await putBack('new')).toBe(0)
    await start('new')
    for (const id of before) expect((await api('GET', `/v2/message/${id}`)).status, id).toBe(200)
  })

  it('is sound, readable by its owner only, and holds no master key', async () => {
    await start('old')
    await takeBackup()
    expect(statSync(dir('copy.db')).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).sort()).toEqual(['copy.db', 'old'])
    const key = readFileSync(join(dir('old'), 'master.key'), 'utf8').trim()
    const bytes = readFileSync(dir('copy.db'))
    expect(bytes.includes(key) || bytes.includes(Buffer.from(key, 'hex'))).toBe(false)
    expect(printed.join('\n')).toMatch(/checked, no damage[\s\S]*opens with master key [0-9a-f]{8}/)
    await expect(takeBackup()).rejects.toMatchObject({ exitCode: 73 })
    expect(await takeBackup({ force: true, withKey: true })).toBe(0)
    expect(readFileSync(dir('copy.db.key'), 'utf8').trim()).toBe(key)
    expect(statSync(dir('copy.db.key')).mode & 0o777).toBe(0o600)
  })
})

/** Brings the master key over by hand, as an operator does. */
function bringKey(from: string, to: string): void {
  mkdirSync(dir(to), { recursive: true })
  writeFileSync(join(dir(to), 'master.key'), readFileSync(join(dir(from), 'master.key')), { mode: 0o600 })
}

describe('codes in a store that was restored', PATIENT, () => {
  /** One code claimed, one open; both attempts still open. */
  async function twoCodes() {
    await start('old')
    const claimed = await provision({ api })
    const open = await provision({ api })
    const first = await openAttempt(claimed.connectionId)
    await send(claimed.emailAddress, '111213')
    expect((await poll(first)).code).toBe('111213')
    const second = await openAttempt(open.connectionId)
    await send(open.emailAddress, '141516')
    await takeBackup({ withKey: true })
    await end('SIGKILL')
    return { claimed, open, first, second }
  }
  const close = (attemptId: string) => api('POST', `/v2/attempt/${attemptId}/outcome`, {})

  it('are laid aside where they were open, as nobody knows what became of them', async () => {
    const { claimed, first, second } = await twoCodes()
    await putBack('new')
    expect(printed.at(-1)).toBe('1 codes and 0 copies that were open in it are laid aside: see --keep-open')
    await start('new')
    expect(await poll(second)).toEqual({ status: 204, code: undefined })
    expect((await poll(first)).code).toBe('111213')
    await close(first)
    expect((await poll(await openAttempt(claimed.connectionId))).status).toBe(204)
  })

  it('with --keep-open go to one attempt, as ever', async () => {
    const { claimed, open, first, second } = await twoCodes()
    await putBack('new', { keepOpen: true })
    await start('new')
    expect((await poll(second)).code).toBe('141516')
    for (const attempt of [first, second]) await close(attempt)
    for (const { connectionId } of [claimed, open])
      expect((await poll(await openAttempt(connectionId))).status).toBe(204)
  })
})

describe('restore', PATIENT, () => {
  it('does nothing while a relay has the store open, not even when forced', async () => {
    await start('old')
    await takeBackup()
    for (const force of [false, true])
      await expect(putBack('old', { force })).rejects.toMatchObject({ exitCode: 75 })
    expect((await api('GET', '/readyz')).status).toBe(200)
  })

  it('puts a store that is there aside, if it is told to', async () => {
    await start('old')
    const { companyId } = await provision({ api })
    await takeBackup()
    const later = await provision({ api })
    await end('SIGTERM')
    await expect(putBack('old')).rejects.toMatchObject({ exitCode: 73 })
    expect(await putBack('old', { force: true })).toBe(0)
    const names = readdirSync(dir('old'))
    expect(names.filter((name) => name.startsWith('relay.db.before-'))).toHaveLength(1)
    await start('old')
    expect((await api('GET', `/v2/company/${companyId}`)).status).toBe(200)
    expect((await api('GET', `/v2/company/${later.companyId}`)).status).toBe(404)
  })

  it('says which key is missing, and changes nothing', async () => {
    await start('old')
    await takeBackup()
    await end('SIGTERM')
    await expect(putBack('new')).rejects.toMatchObject({ exitCode: 78 })
    const other = { ...env('new'), MASTER_KEY: 'ab'.repeat(32) }
    const options = { force: false, keepOpen: false }
    await expect(restore(dir('copy.db'), options, other, io)).rejects.toThrow(/needs master key [0-9a-f]{8}/)
    expect(existsSync(join(dir('new'), 'relay.db'))).toBe(false)
    expect(existsSync(join(dir('new'), 'master.key'))).toBe(false)
  })

  it('refuses what is damaged, what is no store, and what is not there', async () => {
    await expect(putBack('new')).rejects.toMatchObject({ exitCode: 66 })
    writeFileSync(dir('copy.db'), 'not a database, but long enough to be looked at. '.repeat(100))
    await expect(putBack('new')).rejects.toMatchObject({ exitCode: 65 })
    await start('old')
    await provision({ api })
    await takeBackup({ force: true, withKey: true })
    await end('SIGTERM')
    const bytes = readFileSync(dir('copy.db'))
    bytes.fill(0x5a, 8 * 4096, 40 * 4096)
    writeFileSync(dir('copy.db'), bytes)
    await expect(putBack('new')).rejects.toMatchObject({ exitCode: 65 })
    expect(existsSync(join(dir('new'), 'relay.db'))).toBe(false)
  })
})

describe('backup', () => {
  it('says so when there is no store, or PostgreSQL has it', async () => {
    await expect(takeBackup()).rejects.toMatchObject({ exitCode: 66 })
    const many = {
      ...env('old'),
      DATABASE_URL: 'postgres://x/y',
      REDIS_URL: 'redis://x',
      MASTER_KEY: 'ab'.repeat(32),
    }
    const options = { force: false, withKey: false }
    await expect(backup(dir('copy.db'), options, many, io)).rejects.toThrow('pg_dump')
  })
})
