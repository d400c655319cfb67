import { execFileSync } from 'node:child_process'
import { getDiffieHellman } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownCertificate } from '../../src/inbound/smtp/certificate.ts'
import { cpuTimeOf } from './cpu-time.ts'
import { endServer, freePort, type Peer, startServer } from './peer.ts'

/** Kept between runs of the bench; a new version takes a new folder. */
const HOME = join(tmpdir(), 'mfa-relay-bench-haraka-3.3')

/** Versions of its dependencies that exist: some that newer ones name are missing from registries. */
const MANIFEST = {
  private: true,
  dependencies: { Haraka: '~3.3.4' },
  overrides: { 'encoding-japanese': '2.2.0', libmime: '5.3.7' },
}

/** Accepts every recipient; writes each message to a file and flushes it before the 250. */
const PLUGIN = `
const fs = require('node:fs')
const path = require('node:path')
let serial = 0
exports.hook_rcpt = (next) => next(OK)
exports.hook_queue = (next, connection) => {
  const file = path.join(process.env.BENCH_QUEUE, process.pid + '-' + ++serial)
  connection.transaction.message_stream.get_data((data) => {
    fs.open(file, 'wx', (error, fd) => {
      if (error) return next(DENYSOFT)
      fs.write(fd, data, (error) => {
        if (error) return next(DENYSOFT)
        fs.fsync(fd, (error) => fs.close(fd, () => (error ? next(DENYSOFT) : next(OK))))
      })
    })
  })
}
`

/**
 * Haraka with a queue plugin that flushes: the nearest thing to us in JavaScript. Installed by npm on first use.
 *
 * @throws Error when npm cannot install it
 */
export async function startHaraka(recipients: readonly string[]): Promise<Peer> {
  const packageFolder = install()
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-bench-haraka-run-'))
  const port = await freePort()
  configure(folder, packageFolder, port)
  const queue = join(folder, 'queue')
  const child = await startServer(process.execPath, [join(packageFolder, 'bin', 'haraka'), '-c', folder], {
    port,
    env: { BENCH_QUEUE: queue, HOME: folder, LOGLEVEL: 'CRIT' },
  })
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
    version: string
  }
  return {
    name: 'Haraka, flushing',
    version,
    port,
    hasTls: true,
    recipients,
    cpuMs: () => cpuTimeOf(child.pid ?? 0),
    async takeCount() {
      const names = readdirSync(queue)
      for (const name of names) rmSync(join(queue, name))
      return names.length
    },
    async stop() {
      await endServer(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function install(): string {
  const packageFolder = join(HOME, 'node_modules', 'Haraka')
  if (existsSync(packageFolder)) return packageFolder
  mkdirSync(HOME, { recursive: true })
  writeFileSync(join(HOME, 'package.json'), JSON.stringify(MANIFEST))
  const options = ['--no-audit', '--no-fund', '--omit=optional', '--ignore-scripts', '--loglevel=error']
  execFileSync('npm', ['install', ...options], { cwd: HOME, stdio: 'pipe' })
  return packageFolder
}

function configure(folder: string, packageFolder: string, port: number): void {
  for (const name of ['config', 'plugins', 'queue']) mkdirSync(join(folder, name))
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const { cert, key } = ownCertificate(join(folder, 'tls'), 'haraka.example')
  write('config/tls_key.pem', key)
  write('config/tls_cert.pem', cert)
  // It stumbles at the first connection without its own.
  copyFileSync(join(packageFolder, 'config/connection.ini'), join(folder, 'config/connection.ini'))
  write('config/smtp.ini', `listen=127.0.0.1:${port}\nnodes=0\n[headers]\nadd_received=false\n`)
  write('config/plugins', 'tls\nkeep\n')
  write('config/dhparams.pem', dhParameters())
  write('config/log.ini', '[main]\nlevel=CRIT\n')
  write('config/me', 'haraka.example\n')
  write('plugins/keep.js', PLUGIN)
}

/** RFC 3526 §3, as PKCS #3 wants it. Haraka would otherwise look for a prime of its own for minutes. */
function dhParameters(): string {
  const der = Buffer.concat([
    Buffer.from('308201080282010100', 'hex'),
    getDiffieHellman('modp14').getPrime(),
    Buffer.from('020102', 'hex'),
  ])
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN DH PARAMETERS-----\n${lines.join('\n')}\n-----END DH PARAMETERS-----\n`
}
