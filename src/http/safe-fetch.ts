import { lookup, type Resolver } from 'node:dns/promises'
import { type IncomingHttpHeaders, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { type BlockList, isIP, type LookupFunction } from 'node:net'
import { FetchError } from './fetch-error.ts'
import { isInNetworks, isPublicAddress, networkList } from './public-address.ts'
import { readBody, readStart } from './response-body.ts'

/*
 * Every fetch of a URL that somebody else chose. What such a URL must not do is reach into the network that this
 * process stands in, so the address is looked up once, judged, and then that very address is connected to: a name
 * that answers differently the second time (DNS rebinding) gains nothing. Redirects start over.
 */

/** Addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

export type SafeFetchSettings = {
  /** Default: as the system resolves names. */
  readonly resolve?: Resolve
  /** Networks that may be reached although they are not public, e.g. `["10.1.0.0/16"]`. */
  readonly allowedNetworks?: readonly string[]
  /** Plain http as well as https. */
  readonly allowHttp?: boolean
  /** Default: the scheme's own port alone. */
  readonly allowedPorts?: readonly number[]
  /** Certificates to trust instead of the usual authorities (PEM). */
  readonly ca?: string
  readonly userAgent?: string
}

export type SafeRequest = {
  readonly url: string
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** Counted after decompression. */
  readonly maxBytes: number
  /** What becomes of an answer that is longer: `refuse` (default) is an error, `cut` keeps its start as it came. */
  readonly overflow?: 'refuse' | 'cut'
  /** For everything together: names, redirects, the last byte. */
  readonly deadlineMs: number
  /** Default 3 for GET. A POST is never sent on to another place. */
  readonly maxRedirects?: number
  readonly signal?: AbortSignal
}

export type SafeResponse = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Where the answer came from, after redirects. */
  readonly url: string
}

/** Any status is an answer. @throws FetchError when there is none, or it may not be asked for */
export type SafeFetch = (request: SafeRequest) => Promise<SafeResponse>

type Rules = Omit<SafeFetchSettings, 'allowedNetworks'> & { readonly networks: BlockList; resolve: Resolve }

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const DEFAULT_REDIRECTS = 3

const resolveBySystem: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address)

/** Asks the given name servers instead of the system; `/etc/hosts` then says nothing. */
export const resolveWith =
  (resolver: Pick<Resolver, 'resolve4' | 'resolve6'>): Resolve =>
  async (hostname) => {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  }

/** A fetch for URLs from outside, with these settings for all its requests. */
export function createSafeFetch(settings: SafeFetchSettings = {}): SafeFetch {
  const { allowedNetworks = [], resolve = resolveBySystem, ...rest } = settings
  const rules: Rules = { ...rest, resolve, networks: networkList(allowedNetworks) }
  return async (request) => {
    const deadline = AbortSignal.timeout(request.deadlineMs)
    const signal = request.signal ? AbortSignal.any([deadline, request.signal]) : deadline
    try {
      return await follow(rules, request, signal)
    } catch (error) {
      if (deadline.aborted) throw new FetchError('deadline', `no answer within ${request.deadlineMs} ms`)
      if (signal.aborted) throw new FetchError('aborted', 'the fetch was stopped')
      throw FetchError.of(error)
    }
  }
}

async function follow(rules: Rules, request: SafeRequest, signal: AbortSignal): Promise<SafeResponse> {
  const isGet = (request.method ?? 'GET') === 'GET'
  const most = isGet ? (request.maxRedirects ?? DEFAULT_REDIRECTS) : 0
  let url = parseUrl(request.url)
  let headers = request.headers ?? {}
  for (let redirects = 0; ; redirects += 1) {
    checkUrl(rules, url)
    const addresses = await addressesOf(rules, url, signal)
    const answer = await exchange(rules, { ...request, headers }, url, addresses, signal)
    if (!('location' in answer) || !isGet) return answer
    if (redirects >= most) throw new FetchError('redirects', `more than ${most} redirects`)
    const next = parseUrl(answer.location, url)
    // What was meant for one host is no business of the next.
    if (next.origin !== url.origin) headers = {}
    url = next
  }
}

/** What can be said against a URL before anybody is asked: null for nothing. Where its name leads is seen later. */
export function objectionTo(
  text: string,
  { allowedNetworks = [], ...rules }: SafeFetchSettings,
): FetchError | null {
  try {
    const url = parseUrl(text)
    checkUrl(rules, url)
    const host = hostOf(url)
    if (isIP(host)) checkAddresses(host, [host], networkList(allowedNetworks))
    return null
  } catch (error) {
    return FetchError.of(error)
  }
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href)
  if (!url) throw new FetchError('url', 'not a URL')
  return url
}

function checkUrl(
  { allowHttp = false, allowedPorts }: Omit<SafeFetchSettings, 'allowedNetworks'>,
  url: URL,
): void {
  const isHttps = url.protocol === 'https:'
  if (!isHttps && !(allowHttp && url.protocol === 'http:'))
    throw new FetchError('scheme', `only ${allowHttp ? 'http and https' : 'https'} URLs are fetched`)
  if (url.username || url.password) throw new FetchError('credentials', 'the URL carries a user name')
  if (url.port !== '' && !allowedPorts?.includes(Number(url.port)))
    throw new FetchError('port', `port ${url.port} is not allowed`)
}

/** The addresses behind a URL, all of which may be connected to; one that may not spoils the name. */
async function addressesOf(rules: Rules, url: URL, signal: AbortSignal): Promise<readonly string[]> {
  const host = hostOf(url)
  const addresses = isIP(host) ? [host] : await withSignal(rules.resolve(host), signal)
  if (addresses.length === 0) throw new FetchError('name', `${host} has no address`)
  checkAddresses(host, addresses, rules.networks)
  return addresses
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

function checkAddresses(host: string, addresses: readonly string[], networks: BlockList): void {
  const bad = addresses.find((one) => !isPublicAddress(one) && !isInNetworks(one, networks))
  if (bad !== undefined) throw new FetchError('address', `${host} is not on the public internet`)
}

/** A lookup cannot be called off, but nobody has to wait for it. */
function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** One request to one of exactly these addresses, and its answer or where it points. */
function exchange(
  rules: Rules,
  { method = 'GET', headers = {}, body, maxBytes, overflow }: SafeRequest,
  url: URL,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<SafeResponse | (SafeResponse & { location: string })> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const request = send(url, {
      method,
      signal,
      // A connection of its own: a pooled one could have been made under other rules.
      agent: false,
      lookup: pinned(addresses),
      ...(rules.ca === undefined ? {} : { ca: rules.ca }),
      headers: { accept: '*/*', 'user-agent': rules.userAgent ?? 'mfa-relay', ...headers },
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const { statusCode: status = 0, headers: answered } = response
      const { location } = answered
      if (REDIRECTS.has(status) && location !== undefined) {
        response.on('error', () => undefined).destroy()
        return resolve({ status, headers: answered, body: Buffer.alloc(0), url: url.href, location })
      }
      const read = overflow === 'cut' ? readStart : readBody
      read(response, maxBytes).then(
        (content) => resolve({ status, headers: answered, body: content, url: url.href }),
        reject,
      )
    })
    request.end(body)
  })
}

/** Answers what was judged, whatever the name resolves to by now. */
function pinned(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_name, options, done) => {
    if (options.all) done(null, known)
    else done(null, known[0]?.address ?? '', known[0]?.family)
  }
}
