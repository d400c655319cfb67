import { mkdirSync } from 'node:fs'
import { openStore } from '../assemble/store.ts'
import { loadConfig } from '../config.ts'
import { type ApiKey, hashApiKey, type KeyScope, newApiKey } from '../domain/api-key.ts'
import { newId } from '../domain/id.ts'
import type { Store } from '../store/store.ts'
import { CommandError, type CommandIo, EXIT } from './exit.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * Makes an API key and prints it, this once: the store holds only its hash. The relay may be running.
 *
 * @throws CommandError when scope and company do not fit, or the company does not exist
 */
export async function createKey(
  options: { scope: KeyScope; company?: string; label?: string },
  env: Env,
  io: CommandIo,
): Promise<number> {
  const { scope, company, label } = options
  if (scope === 'company' && !company) {
    throw new CommandError(EXIT.usage, 'a key of scope company needs --company <companyId>')
  }
  if (company && scope !== 'company' && scope !== 'runner') {
    throw new CommandError(EXIT.usage, `a key of scope ${scope} belongs to no company`)
  }
  return withStore(env, async (store) => {
    if (company && !(await store.getCompany(company))) {
      throw new CommandError(EXIT.dataError, `there is no company ${company}`)
    }
    const secret = newApiKey()
    const now = Date.now()
    const key: ApiKey = {
      id: newId(),
      scope,
      companyId: company ?? null,
      label: label ?? null,
      createdAt: now,
      revokedAt: null,
    }
    await store.createApiKey(key, hashApiKey(secret))
    await note(store, 'key.created', key.id, now)
    io.err(`key ${key.id}, scope ${scope}; it is shown this once:`)
    io.out(secret)
    return EXIT.ok
  })
}

/** Prints all keys: id, scope, company, when made, whether revoked, label. */
export async function listKeys(env: Env, io: CommandIo): Promise<number> {
  return withStore(env, async (store) => {
    for (const key of await store.listApiKeys()) {
      const state = key.revokedAt === null ? 'active' : `revoked ${new Date(key.revokedAt).toISOString()}`
      const made = new Date(key.createdAt).toISOString()
      io.out(
        [key.id, key.scope.padEnd(7), key.companyId ?? '-', made, state, key.label ?? '']
          .join('  ')
          .trimEnd(),
      )
    }
    return EXIT.ok
  })
}

/** Makes a key useless; a running relay refuses it within seconds. */
export async function revokeKey(keyId: string, env: Env, io: CommandIo): Promise<number> {
  return withStore(env, async (store) => {
    const now = Date.now()
    if (!(await store.revokeApiKey(keyId, now))) {
      throw new CommandError(EXIT.dataError, `there is no active key ${keyId}`)
    }
    await note(store, 'key.revoked', keyId, now)
    io.out(`key ${keyId} is revoked`)
    return EXIT.ok
  })
}

const note = (store: Store, action: string, keyId: string, at: number): Promise<void> =>
  store.writeAudit({ id: newId(), at, actor: 'command line', action, subject: `key:${keyId}`, detail: null })

async function withStore(env: Env, work: (store: Store) => Promise<number>): Promise<number> {
  const config = loadConfig(env)
  mkdirSync(config.dataDir, { recursive: true })
  const store = await openStore(config)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
