import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { FetchError, type FetchProblem } from '../../src/http/fetch-error.ts'
import {
  createSafeFetch,
  resolveWith,
  type SafeFetch,
  type SafeFetchSettings,
  type SafeRequest,
} from '../../src/http/safe-fetch.ts'
import { startDns } from '../support/dns-server.ts'

/* 127.0.0.2 plays the public internet (it is allowed), 127.0.0.1 the network that must stay out of reach. */
const OUTSIDE = '127.0.0.2'
const INSIDE = '127.0.0.1'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

type Site = { readonly port: number; readonly requests: string[]; readonly server: Server }

async function site(handler: RequestListener, address = OUTSIDE, port = 0): Promise<Site> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    handler(request, response)
  })
  server.listen(port, address)
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    return new Promise((done) => server.close(done))
  })
  return { port: (server.address() as AddressInfo).port, requests, server }
}

async function names(answers: (name: string) => readonly string[]) {
  const dns = await startDns(answers)
  closers.push(() => dns.close())
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  resolver.setServers([dns.server])
  return { dns, resolve: resolveWith(resolver) }
}

const open = (ports: readonly number[], more: SafeFetchSettings = {}): SafeFetch =>
  createSafeFetch({ allowHttp: true, allowedPorts: ports, allowedNetworks: [`${OUTSIDE}/32`], ...more })

const get = (fetch: SafeFetch, url: string, more: Partial<SafeRequest> = {}) =>
  fetch({ url, maxBytes: 100_000, deadlineMs: 20_000, ...more })

/** The problem that a fetch ends with. */
async function problemOf(fetching: Promise<unknown>): Promise<FetchProblem | 'none'> {
  try {
    await fetching
    return 'none'
  } catch (error) {
    expect(error).toBeInstanceOf(FetchError)
    return (error as FetchError).problem
  }
}

describe('what a URL may look like', () => {
  const refused: readonly (readonly [string, FetchProblem])[] = [
    ['no url', 'url'],
    ['http://example.com/', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['gopher://example.com/', 'scheme'],
    ['https://user:secret@example.com/', 'credentials'],
    ['https://example.com:8443/', 'port'],
    ['https://127.0.0.1/', 'address'],
    ['https://2130706433/', 'address'],
    ['https://0x7f.1/', 'address'],
    ['https://[::1]/', 'address'],
    ['https://[::ffff:127.0.0.1]/', 'address'],
    ['https://169.254.169.254/latest/meta-data/', 'address'],
    ['https://[fe80::1]/', 'address'],
  ]
  it.each(refused)('refuses %s: %s', async (url, problem) => {
    const resolve = async () => ['8.8.8.8']
    expect(await problemOf(get(createSafeFetch({ resolve }), url))).toBe(problem)
  })

  it('says nothing of path and query, which may be a key', async () => {
    const error = await get(createSafeFetch(), 'https://127.0.0.1/bill.pdf?X-Amz-Signature=s3cret').catch(
      (e) => e,
    )
    expect(String(error)).not.toMatch(/s3cret|bill\.pdf/)
  })
})

describe('where a name leads', () => {
  it('fetches from an address that may be reached, with neither cookies nor credentials', async () => {
    const { resolve } = await names(() => [OUTSIDE])
    let headers: object = {}
    const { port } = await site((request, response) => {
      headers = request.headers
      response.setHeader('set-cookie', 'a=b').end('a bill')
    })
    const fetch = open([port], { resolve })
    await get(fetch, `http://bills.test:${port}/`)
    const answer = await get(fetch, `http://bills.test:${port}/`)
    expect(answer).toMatchObject({ status: 200, url: `http://bills.test:${port}/` })
    expect(answer.body.toString()).toBe('a bill')
    expect(headers).not.toHaveProperty('cookie')
    expect(headers).not.toHaveProperty('authorization')
  })

  it('refuses a name with a private address, without connecting', async () => {
    const { resolve } = await names(() => [OUTSIDE, INSIDE])
    const inside = await site((_, response) => response.end('secret'), INSIDE)
    const fetch = open([inside.port], { resolve })
    expect(await problemOf(get(fetch, `http://bills.test:${inside.port}/`))).toBe('address')
    expect(inside.requests).toEqual([])
  })

  it('connects to the address that it judged, although the name has another by then', async () => {
    const replies = [OUTSIDE, INSIDE]
    const { dns, resolve } = await names(() => [replies.shift() ?? INSIDE])
    const outside = await site((_, response) => response.end('a bill'))
    const inside = await site((_, response) => response.end('secret'), INSIDE, outside.port)
    const answer = await get(open([outside.port], { resolve }), `http://rebinding.test:${outside.port}/`)
    expect(answer.body.toString()).toBe('a bill')
    expect(dns.asked).toEqual(['rebinding.test'])
    expect(inside.requests).toEqual([])
  })

  it('judges again at each redirect, so that a name which moved inside meanwhile is refused', async () => {
    const replies = [OUTSIDE, INSIDE]
    const { dns, resolve } = await names(() => [replies.shift() ?? INSIDE])
    const outside = await site((_, response) => response.writeHead(302, { location: '/again' }).end())
    const inside = await site((_, response) => response.end('secret'), INSIDE, outside.port)
    const fetch = open([outside.port], { resolve })
    expect(await problemOf(get(fetch, `http://rebinding.test:${outside.port}/`))).toBe('address')
    expect(dns.asked).toHaveLength(2)
    expect(inside.requests).toEqual([])
  })

  it('knows that a name does not exist, and that this may pass', async () => {
    const { resolve } = await names(() => [])
    const error = await get(open([], { resolve }), 'http://nowhere.test/').catch((e) => e)
    expect(error).toMatchObject({ problem: 'name', isTemporary: true })
  })
})

describe('redirects', () => {
  const targets = (port: number): readonly (readonly [string, FetchProblem])[] => [
    [`http://${INSIDE}:${port}/`, 'address'],
    ['http://169.254.169.254/', 'address'],
    [`http://user:pw@${OUTSIDE}:${port}/`, 'credentials'],
    ['file:///etc/passwd', 'scheme'],
    [`http://${OUTSIDE}:1/`, 'port'],
    ['http://[', 'url'],
  ]
  it('refuses to follow to where it would not go by itself', async () => {
    let location = ''
    const { port } = await site((_, response) => response.writeHead(302, { location }).end())
    for (const [target, problem] of targets(port)) {
      location = target
      expect(await problemOf(get(open([port]), `http://${OUTSIDE}:${port}/`)), target).toBe(problem)
    }
  })

  it('follows some, relative ones too, and gives up on a circle', async () => {
    const { port, requests } = await site((request, response) => {
      const next = Number(request.url?.slice(1)) - 1
      if (next > 0) response.writeHead(307, { location: `/${next}` }).end()
      else response.end('there')
    })
    const fetch = open([port])
    const answer = await get(fetch, `http://${OUTSIDE}:${port}/4`)
    expect(answer.url).toBe(`http://${OUTSIDE}:${port}/1`)
    requests.length = 0
    expect(await problemOf(get(fetch, `http://${OUTSIDE}:${port}/99`))).toBe('redirects')
    expect(requests).toHaveLength(4)
  })

  it('takes headers along to the same place only', async () => {
    const seen: (string | undefined)[] = []
    const other = await site((request, response) => {
      seen.push(request.headers['x-key'] as string | undefined)
      response.end()
    })
    const { port } = await site((request, response) => {
      seen.push(request.headers['x-key'] as string | undefined)
      const location = request.url === '/' ? '/second' : `http://${OUTSIDE}:${other.port}/`
      response.writeHead(302, { location }).end()
    })
    const fetch = open([port, other.port])
    await get(fetch, `http://${OUTSIDE}:${port}/`, { headers: { 'x-key': 'k' } })
    expect(seen).toEqual(['k', 'k', undefined])
  })

  it('never sends a POST on', async () => {
    const { port, requests } = await site((_, response) => response.writeHead(307, { location: '/x' }).end())
    const answer = await get(open([port]), `http://${OUTSIDE}:${port}/`, { method: 'POST', body: '{}' })
    expect(answer.status).toBe(307)
    expect(requests).toEqual(['POST /'])
  })
})

describe('what comes back', () => {
  const from = async (handler: RequestListener, more: Partial<SafeRequest> = {}) => {
    const { port } = await site(handler)
    return get(open([port]), `http://${OUTSIDE}:${port}/`, more)
  }

  it('unpacks a compressed body', async () => {
    const answer = await from((_, response) =>
      response.setHeader('content-encoding', 'gzip').end(gzipSync('a bill')),
    )
    expect(answer.body.toString()).toBe('a bill')
  })

  it.each<[string, FetchProblem, RequestListener]>([
    [
      'a declared length beyond the limit',
      'too_large',
      (_, r) => r.writeHead(200, { 'content-length': '200000' }).write('x'),
    ],
    ['more than the limit without saying so', 'too_large', (_, r) => r.end(Buffer.alloc(100_001))],
    [
      'a decompression bomb',
      'too_large',
      (_, r) => r.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(80_000_000))),
    ],
    ['an unknown encoding', 'encoding', (_, r) => r.setHeader('content-encoding', 'zpaq').end('x')],
    ['a damaged encoding', 'encoding', (_, r) => r.setHeader('content-encoding', 'gzip').end('no gzip')],
    ['a connection that breaks', 'unreachable', (_, r) => void r.write('half', () => r.destroy())],
  ])('refuses %s', async (_what, problem, handler) => {
    expect(await problemOf(from(handler))).toBe(problem)
  })

  it('answers with any status', async () => {
    const answer = await from((_, response) => response.writeHead(403).end('expired'))
    expect(answer).toMatchObject({ status: 403 })
  })

  it('waits no longer than its deadline, for the head or for the body', async () => {
    expect(await problemOf(from(() => undefined, { deadlineMs: 50 }))).toBe('deadline')
    expect(await problemOf(from((_, r) => void r.write('x'), { deadlineMs: 50 }))).toBe('deadline')
    const resolve = () => new Promise<string[]>(() => undefined)
    expect(await problemOf(get(open([], { resolve }), 'http://slow.test/', { deadlineMs: 50 }))).toBe(
      'deadline',
    )
  })

  it('stops when told to', async () => {
    const stop = new AbortController()
    const fetching = from(() => stop.abort(), { signal: stop.signal })
    expect(await problemOf(fetching)).toBe('aborted')
  })
})
