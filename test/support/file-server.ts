import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { ownCertificate } from '../../src/inbound/smtp/certificate.ts'

/** Somebody's https server for files, at `localhost`, with a certificate that this process trusts. */
export type FileServer = {
  readonly port: number
  readonly origin: string
  /** The certificate, for another process: `NODE_EXTRA_CA_CERTS`. */
  readonly certificatePath: string
  /** Paths asked for, with their queries, in order. */
  readonly asked: string[]
  close(): Promise<void>
}

export async function startFileServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<FileServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-files-'))
  const { cert, key } = ownCertificate(folder, 'localhost')
  setDefaultCACertificates([...getCACertificates('default'), cert])
  const asked: string[] = []
  const server = createServer({ cert, key }, (request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const certificatePath = join(folder, 'certificate.pem')
  writeFileSync(certificatePath, cert)
  return {
    port,
    origin: `https://localhost:${port}`,
    certificatePath,
    asked,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
