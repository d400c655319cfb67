import { timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { hashApiKey, type KeyScope } from '../domain/api-key.ts'
import { Failure } from '../domain/failure.ts'
import type { AdminStore } from '../store/store.ts'

/** Whose request it is. */
export type Caller = {
  /** `admin` for the key of the settings, else the id of a stored key. */
  readonly keyId: string
  readonly scope: KeyScope
  /** The one company that the key is bound to; null: not bound. */
  readonly companyId: string | null
}

/** What is known of a request beside itself. `caller` is there behind {@link requireScope}. */
export type AppEnv = {
  Variables: {
    caller: Caller
    requestId: string
    /** By the monotonic clock, ms. */
    startedAt: number
    noteServed: NoteServed
  }
}

/** Tells log and metrics how a request went. */
export type NoteServed = (
  request: {
    readonly method: string
    readonly route: string
    readonly startedAt: number
    readonly keyId: string | null
  },
  status: number,
) => void

export type AuthDeps = {
  readonly store: Pick<AdminStore, 'findApiKey'>
  /** SHA-256 (hex) of the administrator's key, which is in the settings and never in the store. */
  readonly adminKeyHash: string
  readonly now?: () => number
}

export type Auth = {
  /** Whose request it is; null without a key, or with one that is unknown. Refuses nothing: {@link requireScope} does. */
  identify(request: { header(name: string): string | undefined }): Promise<Caller | null>
  /** Drops what is remembered of keys, so that a key revoked here is refused at once. */
  forget(): void
}

const ADMIN: Caller = { keyId: 'admin', scope: 'admin', companyId: null }
/** So long a key revoked on another node still works. Only known keys are remembered. */
const REMEMBER_MS = 5_000
const REMEMBER_KEYS = 10_000
/** No key of ours is near as long; longer ones are not worth hashing. */
const LONGEST_KEY = 512

/** Tells who calls by the key in `X-API-KEY` or `Authorization: Bearer`. */
export function createAuth({ store, adminKeyHash, now = Date.now }: AuthDeps): Auth {
  const remembered = new Map<string, { caller: Caller; until: number }>()
  const admin = Buffer.from(adminKeyHash, 'hex')

  async function findCaller(key: string): Promise<Caller | null> {
    const hash = hashApiKey(key)
    const bytes = Buffer.from(hash, 'hex')
    if (admin.length === bytes.length && timingSafeEqual(admin, bytes)) return ADMIN
    const known = remembered.get(hash)
    if (known && known.until > now()) return known.caller
    remembered.delete(hash)
    const found = await store.findApiKey(hash)
    if (!found || found.revokedAt !== null) return null
    const caller = { keyId: found.id, scope: found.scope, companyId: found.companyId }
    if (remembered.size >= REMEMBER_KEYS) remembered.clear()
    remembered.set(hash, { caller, until: now() + REMEMBER_MS })
    return caller
  }

  return {
    async identify(request) {
      const key = presentedKey(request.header('x-api-key'), request.header('authorization'))
      return key === null ? null : findCaller(key)
    },
    forget: () => remembered.clear(),
  }
}

function presentedKey(apiKey: string | undefined, authorization: string | undefined): string | null {
  const key = apiKey?.trim() || /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
  return key && key.length <= LONGEST_KEY ? key : null
}

/**
 * Lets a request pass if its key has one of the scopes; `admin` may do everything.
 *
 * @throws Failure `unauthorized` without a valid key, `forbidden` with a key of another scope
 */
export function requireScope(...scopes: readonly KeyScope[]): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    const caller = c.get('caller') as Caller | undefined
    if (!caller) throw new Failure('unauthorized', 'Send a valid API key in X-API-KEY')
    if (caller.scope !== 'admin' && !scopes.includes(caller.scope))
      throw new Failure('forbidden', `A key of scope "${caller.scope}" may not do this`)
    // Not async: one frame less for each of thousands of requests that wait.
    return next()
  }
}

/** Whether a company's things exist for this caller. Unbound runner keys see all; company keys only their own. */
export function canSee(caller: Caller, companyId: string): boolean {
  if (caller.scope === 'admin') return true
  return caller.companyId === companyId || (caller.companyId === null && caller.scope === 'runner')
}

/** The caller as the audit log names it. */
export const actorOf = (caller: Caller): string =>
  caller.keyId === 'admin' ? 'admin' : `key:${caller.keyId}`

/**
 * What an OpenAPI route needs to be open to these scopes only: the check, and what the description says of it.
 */
export const forScopes = (...scopes: readonly Exclude<KeyScope, 'admin'>[]) => ({
  middleware: [requireScope(...scopes)],
  security: [{ ApiKey: [] }, { Bearer: [] }],
  'x-scopes': ['admin', ...scopes],
})
