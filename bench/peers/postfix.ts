import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ensureTool } from '../../scripts/setup.ts'
import { ownCertificate } from '../../src/inbound/smtp/certificate.ts'
import { cpuTimeOf } from './cpu-time.ts'
import { endServer, freePort, type Peer, startServer } from './peer.ts'

/**
 * Debian's Postfix, accepting into its hold queue: each message is a file, flushed before the 250, and nothing else is
 * done with it. Its own configuration and queue, loopback only, no look-ups, no delays, no limits on clients, no log.
 */
export async function startPostfix(recipients: readonly string[]): Promise<Peer> {
  const programs = dirname(ensureTool('postfix'))
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-bench-postfix-'))
  chmodSync(folder, 0o755)
  const port = await freePort()
  const etc = join(folder, 'etc')
  for (const name of ['etc', 'queue', 'data']) mkdirSync(join(folder, name))
  execFileSync('chown', ['postfix', join(folder, 'data')])
  const { cert, key } = ownCertificate(join(folder, 'tls'), 'postfix.example')
  writeFileSync(join(etc, 'tls.pem'), `${key}\n${cert}\n`, { mode: 0o600 })
  writeFileSync(join(etc, 'main.cf'), mainConfig(folder))
  writeFileSync(join(etc, 'master.cf'), services(port))
  execFileSync(join(programs, 'postfix'), ['-c', etc, 'check'], { stdio: 'ignore' })
  const daemons = postconf(programs, etc, 'daemon_directory')
  const master = await startServer(join(daemons, 'master'), ['-c', etc, '-d'], { port })
  const hold = join(folder, 'queue', 'hold')
  return {
    name: 'Postfix, hold queue',
    version: postconf(programs, etc, 'mail_version'),
    port,
    hasTls: true,
    recipients,
    cpuMs: () => cpuTimeOf(master.pid ?? 0),
    async takeCount() {
      const names = readdirSync(hold)
      for (const name of names) rmSync(join(hold, name))
      return names.length
    },
    async stop() {
      await endServer(master)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const postconf = (programs: string, etc: string, name: string): string =>
  execFileSync(join(programs, 'postconf'), ['-c', etc, '-h', name], { encoding: 'utf8' }).trim()

/** postconf(5) */
function mainConfig(folder: string): string {
  const settings = {
    compatibility_level: '3.6',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    myhostname: 'postfix.example',
    mydestination: 'relay.test',
    local_recipient_maps: '',
    alias_maps: '',
    alias_database: '',
    inet_interfaces: 'loopback-only',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    smtpd_peername_lookup: 'no',
    smtpd_client_restrictions: 'check_client_access static:HOLD',
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    in_flow_delay: '0',
    smtpd_client_connection_count_limit: 0,
    smtpd_client_connection_rate_limit: 0,
    smtpd_client_message_rate_limit: 0,
    default_process_limit: 200,
    // More messages in a process than it would by itself: a new one need not be started in the middle.
    max_use: 10_000,
    smtpd_tls_security_level: 'may',
    smtpd_tls_chain_files: join(folder, 'etc', 'tls.pem'),
    // Postfix logs to syslog; where nobody listens it goes nowhere, at once.
    syslog_name: 'bench',
  }
  return `${Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n')}\n`
}

/** master(5): name, type, private, unprivileged, chroot, wake-up, most processes, command. */
const services = (port: number): string =>
  `${[
    `127.0.0.1:${port} inet n - n - - smtpd`,
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'proxymap unix - - n - - proxymap',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'local unix - n n - - local',
  ].join('\n')}\n`
