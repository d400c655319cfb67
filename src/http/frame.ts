import type { Context, MiddlewareHandler, Next } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { routePath } from 'hono/route'
import { Failure } from '../domain/failure.ts'
import { newId } from '../domain/id.ts'
import { log } from '../log.ts'
import type { AppEnv, Auth, Caller, NoteServed } from './auth.ts'
import { handleError } from './errors.ts'
import { isParked } from './park.ts'

/** How many bytes may be in memory at once; `take` answers false where they are too many. */
type Room = { take(bytes: number): boolean; give(bytes: number): void }

export type FrameDeps = {
  readonly auth: Pick<Auth, 'identify'>
  /** Paths whose bodies are whole messages, and how large those may be. */
  readonly messages?: { readonly paths: readonly string[]; readonly maxBytes: number }
  /** Where files are uploaded with a POST, and how large such a body may be. */
  readonly uploads?: { readonly path: RegExp; readonly maxBytes: number; readonly room: Room }
  readonly maxBodyBytes?: number
  readonly metrics?: { requestServed(method: string, route: string, status: number, ms: number): void }
}

/** JSON bodies of the API are small; documents have routes of their own. */
const MAX_BODY_BYTES = 256 * 1024

/** What every answer carries unless its route says otherwise. Pages that need more relax the policy themselves. */
export const DEFAULT_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
}

/** What every request goes through: it is named, its caller found, its body limited, and how it went noted. */
export function frame({ auth, metrics, ...limits }: FrameDeps): MiddlewareHandler<AppEnv> {
  const noteServed: NoteServed = ({ method, route, startedAt, keyId }, status) => {
    const ms = performance.now() - startedAt
    metrics?.requestServed(method, route, status, ms)
    log.requestServed({ method, route, status, ms: Math.round(ms), keyId })
  }
  return async (c, next) => {
    c.set('startedAt', performance.now())
    c.set('requestId', newId())
    c.set('noteServed', noteServed)
    try {
      const caller = await auth.identify(c.req)
      if (caller) c.set('caller', caller)
      await limitBody(c, next, limits)
    } catch (error) {
      // Only what went wrong before any route; routes' own errors were answered on the way here.
      c.res = await handleError(error as Error, c)
    }
    // A parked request is answered, and noted, by whoever parked it.
    if (isParked(c.res)) return
    finish(c)
    noteServed(factsOf(c), c.res.status)
  }
}

/** What is noted of a request: plain data, so that nothing holds on to the request itself. */
export const factsOf = (c: Context<AppEnv>): Parameters<NoteServed>[0] => ({
  method: c.req.method,
  route: routePath(c, -1),
  startedAt: c.get('startedAt'),
  keyId: (c.get('caller') as Caller | undefined)?.keyId ?? null,
})

function finish(c: Context<AppEnv>): void {
  const { headers } = c.res
  for (const [name, value] of Object.entries(DEFAULT_HEADERS))
    if (!headers.has(name)) headers.set(name, value)
  headers.set('X-Request-Id', c.get('requestId'))
}

type BodyLimits = Pick<FrameDeps, 'messages' | 'uploads' | 'maxBodyBytes'>

/** Refuses bodies that are too large, by what they say of themselves or else while they are read. */
function limitBody(
  c: Context<AppEnv>,
  next: Next,
  { messages, uploads, maxBodyBytes = MAX_BODY_BYTES }: BodyLimits,
): Promise<unknown> {
  const { method, path } = c.req
  if (method === 'GET' || method === 'HEAD') return next()
  const upload = method === 'POST' && uploads?.path.test(path) ? uploads : null
  const maxSize = upload?.maxBytes ?? (messages?.paths.includes(path) ? messages.maxBytes : maxBodyBytes)
  const refuse = (): never => {
    throw new Failure('too_large', `The body may have at most ${maxSize} bytes`, { maxBytes: maxSize })
  }
  const declared = c.req.header('content-length')
  if (Number(declared ?? 0) > maxSize) return refuse()
  const pass = (): Promise<unknown> =>
    declared === undefined ? bodyLimit({ maxSize, onError: refuse })(c, next) : next()
  // Without a valid key the route refuses before it reads anything: strangers take no room.
  return upload && c.get('caller') ? inRoom(upload.room, Number(declared ?? maxSize), pass) : pass()
}

/** Files are in memory while they are taken in: so many at a time. */
async function inRoom(room: Room, bytes: number, pass: () => Promise<unknown>): Promise<unknown> {
  if (!room.take(bytes)) throw new Failure('unavailable', 'Too many files are being uploaded')
  try {
    return await pass()
  } finally {
    room.give(bytes)
  }
}
