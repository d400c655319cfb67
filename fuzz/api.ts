import { provision, startRelay, type TestRelay } from '../test/support/relay.ts'
import type { Target } from './loop.ts'
import type { Random } from './random.ts'
import { type Guess, type Schema, valueFor } from './schema.ts'

/*
 * The JSON API of a whole relay, by its own description. Broken promises: a 500, an error that is not in the shape of
 * errors, a key without the scope that gets through, a company that sees or changes what is another's.
 */

type Operation = {
  readonly method: string
  readonly path: string
  readonly scopes: readonly string[]
  readonly parameters: readonly { name: string; in: string; schema?: Schema }[]
  readonly body: Schema | null
}
type Caller = { readonly scope: string; readonly key: string; readonly company: 'ours' | null }

/** In every name and secret of the other company: none of its words may reach us. */
const THEIRS = 'Wombat-of-others'
/** Failures that are honest: nothing to buy numbers from, Twilio is off. */
const HONEST = new Set(['unavailable', 'no_number_available', 'upstream_failed'])

export async function apiTarget(): Promise<Target> {
  const relay = await startRelay()
  const operations = await readOperations(relay)
  const world = await populate(relay)
  return {
    async round(random) {
      const operation = random.pick(operations)
      const allowed = world.callers.filter(({ scope }) => operation.scopes.includes(scope))
      const caller = random.pick(allowed.length > 0 && random.chance(0.7) ? allowed : world.callers)
      if (endsTheWorld(operation, caller)) return 'left out'
      const ids = new Set<string>()
      const guess = guesser(world, ids)
      const request = makeRequest(random, operation, guess)
      const response = await fetch(`${relay.url}${request.path}`, {
        method: operation.method,
        headers: { ...(caller.key ? { 'x-api-key': caller.key } : {}), ...request.headers },
        ...(request.body === null ? {} : { body: request.body }),
      })
      const text = await response.text()
      const about = `${caller.scope}/${caller.company} ${operation.method} ${request.path} ${request.body?.slice(0, 1_000)} → ${response.status} ${text.slice(0, 500)}`
      check(response, text, about)
      checkScope(operation, caller, response.status, about)
      if (caller.company === 'ours' && response.ok) checkForeign(world, ids, text, about)
      // Keys stay as they are: one that a round revoked would end all that follows.
      if (response.ok && !operation.path.startsWith('/v2/key')) harvest(world, text)
      return `${response.status} ${caller.scope}`
    },
    async stop() {
      await relay.close()
      relay.remove()
    },
  }
}

/** Revokes a key of ours, alone or with its company: every round after that would hear 401. */
const endsTheWorld = ({ method, path }: Operation, { scope }: Caller): boolean =>
  scope === 'admin' && method === 'DELETE' && /^\/v2\/(?:company|key)\//.test(path)

type Description = {
  paths: Record<string, Record<string, Record<string, unknown>>>
  components: { schemas: Record<string, Schema> }
}

async function readOperations(relay: TestRelay): Promise<Operation[]> {
  const { body } = await relay.api<Description>('GET', '/openapi.json')
  const resolve = (schema: Schema): Schema =>
    schema.$ref ? (body.components.schemas[schema.$ref.split('/').at(-1)!] ?? {}) : schema
  return Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, given]) => {
      const { requestBody } = given as { requestBody?: { content?: Record<string, { schema?: Schema }> } }
      const schema = requestBody?.content?.['application/json']?.schema
      return {
        method: method.toUpperCase(),
        path,
        scopes: (given['x-scopes'] as string[] | undefined) ?? [],
        parameters: (given.parameters as Operation['parameters'] | undefined) ?? [],
        body: schema ? resolve(schema) : null,
      }
    }),
  )
}

type World = {
  readonly callers: readonly Caller[]
  readonly ours: string[]
  readonly theirs: ReadonlySet<string>
}

/** Two companies with everything that a company has, and a key of every scope. */
async function populate(relay: TestRelay): Promise<World> {
  const [mine, other] = [await provision(relay, { emails: ['pat@example.com'] }), await provision(relay)]
  const made = async (method: string, path: string, body: unknown) =>
    (await relay.api<{ id: string; key?: string }>(method, path, body)).body
  await made('PATCH', `/v2/company/${other.companyId}`, { name: THEIRS })
  await made('PATCH', `/v2/connection/${other.connectionId}`, { username: THEIRS, externalId: THEIRS })
  const theirAttempt = await made('POST', `/v2/connection/${other.connectionId}/attempt`, { runner: THEIRS })
  const keyOf = async (scope: string, companyId?: string) =>
    (await made('POST', '/v2/key', companyId ? { scope, companyId } : { scope })).key!
  const callers: Caller[] = [
    { scope: 'admin', key: await keyOf('admin'), company: null },
    { scope: 'company', key: await keyOf('company', mine.companyId), company: 'ours' },
    { scope: 'company', key: await keyOf('company', mine.companyId), company: 'ours' },
    { scope: 'runner', key: await keyOf('runner'), company: null },
    { scope: 'runner', key: await keyOf('runner', mine.companyId), company: 'ours' },
    { scope: 'inbound', key: await keyOf('inbound'), company: null },
    { scope: 'nobody', key: '', company: null },
    { scope: 'nobody', key: 'x'.repeat(40), company: null },
  ]
  return {
    callers,
    ours: [mine.companyId, mine.connectionId, mine.emailAddress],
    theirs: new Set([other.companyId, other.connectionId, other.emailAddress, theirAttempt.id]),
  }
}

/** Ids that exist, ours and theirs; what was guessed is noted in `used`. */
const guesser =
  (world: World, used: Set<string>): Guess =>
  (random, name) => {
    const given = guess(random, name, world)
    if (typeof given === 'string') used.add(given)
    return given
  }

function guess(random: Random, name: string, { ours, theirs }: World): unknown {
  if (/id$/i.test(name) || name === 'subject' || name === 'address' || name === 'after') {
    return random.chance(0.6)
      ? random.pick(ours)
      : random.chance(0.7)
        ? random.pick([...theirs])
        : random.text(12)
  }
  if (name === 'utility') return random.pick(['sandbox-power', 'pge', 'other', 'nobody', random.text(8)])
  if (name === 'url')
    return random.pick(['https://portal.example', 'javascript:1', 'http://[::1]', random.text(20)])
  if (name === 'emails' || name === 'inboxAddresses')
    return random.pick(['pat@example.com', 'x@relay.test', random.text(12)])
  if (name === 'phones') return random.pick(['+14155550123', '555', random.text(8)])
  return undefined
}

type Made = { readonly path: string; readonly headers: Record<string, string>; readonly body: string | null }

function makeRequest(random: Random, operation: Operation, guess: Guess): Made {
  const query = new URLSearchParams()
  const headers: Record<string, string> = {}
  let { path } = operation
  for (const { name, in: place, schema = {} } of operation.parameters) {
    const made = valueFor(random, schema, name, guess)
    const value = wellFormed(typeof made === 'string' ? made : JSON.stringify(made))
    if (place === 'path') path = path.replace(`{${name}}`, encodeURIComponent(value) || 'x')
    else if (place === 'query' && random.chance(0.6)) query.append(name, name === 'wait' ? '0' : value)
    else if (place === 'header' && random.chance(0.5))
      headers[name] = value.replace(/[^\x20-\x7e]/g, '').trim()
  }
  const suffix = query.size > 0 ? `?${query}` : ''
  if (operation.method === 'GET' || operation.method === 'HEAD')
    return { path: path + suffix, headers, body: null }
  const body = operation.body
    ? JSON.stringify(valueFor(random, operation.body, 'body', guess))
    : random.text(200)
  headers['content-type'] = random.chance(0.95)
    ? 'application/json'
    : random.pick(['text/plain', 'message/rfc822', 'x'])
  return { path: path + suffix, headers, body: random.chance(0.05) ? body?.slice(0, -1) : body }
}

const wellFormed = (text: string): string => (text.isWellFormed() ? text : text.toWellFormed())

function check({ status, headers }: Response, text: string, about: string): void {
  if (status < 400) return
  const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } }
  if (typeof error?.code !== 'string' || typeof error.message !== 'string')
    throw new Error(`no error: ${about}`)
  if (!headers.get('x-request-id')) throw new Error(`no request id: ${about}`)
  if (status >= 500 && !HONEST.has(error.code)) throw new Error(`a fault: ${about}`)
}

/** Who has not the scope hears so, whatever else is wrong with the request. */
function checkScope({ scopes }: Operation, { scope }: Caller, status: number, about: string): void {
  if (scopes.length === 0 || scopes.includes(scope)) return
  const isRefused =
    status === (scope === 'nobody' ? 401 : 403) || status === 404 || status === 400 || status === 413
  if (!isRefused) throw new Error(`not for ${scope}: ${about}`)
}

/** A key of ours got a yes: it was about nothing of theirs, and none of their words are in it. */
function checkForeign({ theirs }: World, used: ReadonlySet<string>, text: string, about: string): void {
  if (text.includes(THEIRS)) throw new Error(`another company's words: ${about}`)
  // Where an id only filters a list, an empty list is right.
  const foreign = [...used].filter((id) => theirs.has(id) && text.includes(id))
  if (foreign.length > 0) throw new Error(`another company's ${foreign.join()}: ${about}`)
}

/** Remembers ids of what was made, so that later rounds go deeper. */
function harvest({ ours, theirs }: World, text: string): void {
  for (const [, id] of text.matchAll(/"id":"([0-9a-f-]{36})"/g)) {
    if (id && !theirs.has(id) && !ours.includes(id)) ours.push(id)
  }
  if (ours.length > 200) ours.splice(3, ours.length - 150)
}
