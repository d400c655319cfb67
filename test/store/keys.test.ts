import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ApiKey, hashApiKey } from '../../src/domain/api-key.ts'
import { loadAdminKey, loadSharedAdminKey } from '../../src/store/admin-key.ts'
import { StoreSetupError } from '../../src/store/errors.ts'
import { loadMasterKeys, sqlitePath } from '../../src/store/master-key.ts'

const HEX = 'a1'.repeat(32)
const BASE64 = Buffer.alloc(32, 0xb2).toString('base64')

let dataDir: string
beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'mfa-relay-keys-')), 'data')
})
afterEach(() => rmSync(join(dataDir, '..'), { recursive: true }))

describe('the master key', () => {
  const load = (masterKey = '') => loadMasterKeys({ dataDir, databaseUrl: '', masterKey })

  it('is made on the first start, for its owner only, and found again', () => {
    const made = load()
    expect(made).toHaveLength(1)
    expect(made[0]).toHaveLength(32)
    expect(load()).toEqual(made)
    expect(statSync(join(dataDir, 'master.key')).mode & 0o777).toBe(0o600)
    expect(readdirSync(dataDir)).toEqual(['master.key'])
  })

  it('is taken from the setting, in hex or base64, several for a change of keys; nothing is written', () => {
    expect(load(`${HEX}, ${BASE64}`)).toEqual([Buffer.alloc(32, 0xa1), Buffer.alloc(32, 0xb2)])
    expect(existsSync(dataDir)).toBe(false)
  })

  it('is not made anew when the store is there: it would open nothing', () => {
    load()
    rmSync(join(dataDir, 'master.key'))
    writeFileSync(join(dataDir, 'relay.db'), '')
    expect(() => load()).toThrow(StoreSetupError)
    expect(existsSync(join(dataDir, 'master.key'))).toBe(false)
  })

  it('is refused when it is no key, and the message does not show it', () => {
    load()
    writeFileSync(join(dataDir, 'master.key'), 'hunter2\n')
    expect(() => load()).toThrow(/master\.key: a key has 32 bytes/)
    expect(() => load('hunter2')).toThrow(/^MASTER_KEY: (?!.*hunter2)/)
  })

  it('goes with the store that DATABASE_URL names', () => {
    expect(sqlitePath({ dataDir: '/data', databaseUrl: '' })).toBe('/data/relay.db')
    expect(sqlitePath({ dataDir: '/data', databaseUrl: 'sqlite:/var/lib/x.db' })).toBe('/var/lib/x.db')
    expect(sqlitePath({ dataDir: '/data', databaseUrl: 'sqlite:///var/lib/x.db' })).toBe('/var/lib/x.db')
  })
})

describe("the admin's key", () => {
  it('is never stored when the environment gives it', () => {
    const key = 'a-key-from-the-environment'
    expect(loadAdminKey({ adminApiKey: key, dataDir })).toEqual({ hash: hashApiKey(key) })
    expect(existsSync(dataDir)).toBe(false)
  })

  it('is made once otherwise; callers learn where it is, not what', () => {
    const made = loadAdminKey({ adminApiKey: '', dataDir })
    const path = join(dataDir, 'admin.key')
    const key = readFileSync(path, 'utf8').trim()
    expect(made).toEqual({ hash: hashApiKey(key), path })
    expect(key).toMatch(/^mfa_admin_[\w-]{43}$/)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(loadAdminKey({ adminApiKey: '', dataDir })).toEqual(made)
  })
})

describe("the admin's key where many nodes share a store", () => {
  const sharedStore = () => {
    const keys: ApiKey[] = []
    const hashes: string[] = []
    return {
      hashes,
      listApiKeys: async () => keys,
      createApiKey: async (key: ApiKey, hash: string) => {
        keys.push(key)
        hashes.push(hash)
      },
    }
  }

  it('is made by the node that starts first, and known to the store', async () => {
    const store = sharedStore()
    const folder = (name: string) => ({ adminApiKey: '', dataDir: join(dataDir, name) })
    const first = await loadSharedAdminKey(folder('a'), store)
    const second = await loadSharedAdminKey(folder('b'), store)
    const key = readFileSync(join(dataDir, 'a', 'admin.key'), 'utf8').trim()
    expect(first).toEqual({ hash: '', path: join(dataDir, 'a', 'admin.key') })
    expect(second).toEqual({ hash: '' })
    expect(store.hashes).toEqual([hashApiKey(key)])
    expect(existsSync(join(dataDir, 'b'))).toBe(false)
  })

  it('is never stored when the environment gives it', async () => {
    const store = sharedStore()
    const found = await loadSharedAdminKey({ adminApiKey: 'given', dataDir }, store)
    expect(found).toEqual({ hash: hashApiKey('given') })
    expect(store.hashes).toEqual([])
  })
})
