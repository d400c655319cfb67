import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { ownCertificate } from '../../src/inbound/smtp/certificate.ts'

/* The program of `startBare`: as the library comes, its 100 ms before the greeting included. */

const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-bench-bare-'))
const certificate = ownCertificate(folder, 'bare.example')
rmSync(folder, { recursive: true })

const server = new SMTPServer({
  ...certificate,
  authOptional: true,
  disableReverseLookup: true,
  logger: false,
  onData(stream, _session, callback) {
    stream.resume()
    stream.on('end', () => callback())
  },
})
server.on('error', () => {})
server.listen(Number(process.argv[2]), '127.0.0.1')
