import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { createSafeFetch, type SafeFetch } from '../../src/http/safe-fetch.ts'
import { ownCertificate } from '../../src/inbound/smtp/certificate.ts'

/** What the server was asked, as `POST mail.google.com/mail/vf-x`, with the bytes and the cookies that came along. */
export type Asked = { readonly line: string; readonly body: string; readonly cookie: string | undefined }
export type Google = {
  readonly asked: readonly Asked[]
  /** Reaches this server, and only it, under Google's names; TLS and addresses are checked as ever. */
  readonly fetch: SafeFetch
  answer(listener: RequestListener): void
  close(): Promise<void>
}

export const HOSTS = ['mail.google.com', 'mail-settings.google.com', 'evil.test'] as const

/** A real HTTPS server on loopback, with certificates for Google's host names. */
export async function startGoogle(): Promise<Google> {
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-google-'))
  const certificates = new Map(HOSTS.map((host) => [host, ownCertificate(join(folder, host), host)]))
  const contexts = new Map([...certificates].map(([host, one]) => [host as string, createSecureContext(one)]))
  const asked: Asked[] = []
  let listener: RequestListener = (_request, response) =>
    void response.end('<title>Confirmation Success!</title>')
  const SNICallback = (
    name: string,
    done: (error: Error | null, found?: ReturnType<typeof createSecureContext>) => void,
  ) => done(null, contexts.get(name))
  const server = createServer({ ...certificates.get(HOSTS[0]), SNICallback }, (request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const host = request.headers.host?.replace(/:\d+$/, '')
      asked.push({ line: `${request.method} ${host}${request.url}`, body, cookie: request.headers.cookie })
      listener(request, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const safe = createSafeFetch({
    resolve: async (name) => ((HOSTS as readonly string[]).includes(name) ? ['127.0.0.1'] : []),
    allowedNetworks: ['127.0.0.1/32'],
    allowedPorts: [port],
    ca: [...certificates.values()].map(({ cert }) => cert).join('\n'),
  })
  return {
    asked,
    // Links name no port, and a test may not listen on 443.
    fetch: (request) =>
      safe({ ...request, url: request.url.replace(/^(https:\/\/[^/:]+)\//, `$1:${port}/`) }),
    answer(next) {
      listener = next
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      rmSync(folder, { recursive: true })
    },
  }
}
