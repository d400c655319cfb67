import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What one Postfix is for. */
export type PostfixOptions = {
  /** In its greeting, its EHLO and its log. */
  readonly hostname: string
  /** The loopback address that it sends from: SPF records name it. */
  readonly sendsFrom?: string
  /** Where mail to these domains goes: a port on loopback. */
  readonly routes?: Readonly<Record<string, number>>
  /** Addresses with a mailbox here. Others at their domains are refused at RCPT. */
  readonly mailboxes?: readonly string[]
  /** Who gets what is sent to whom, e.g. a mailbox and its owner's forwarding address. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>
  /** What becomes of envelope senders, as forwarders rewrite them: regexp_table(5). */
  readonly rewriteSenders?: Readonly<Record<string, string>>
  /** A port on loopback that sees all mail before it is sent on, and gives it back. */
  readonly filterPort?: number
  /** After so many seconds the sender hears that the mail waits. */
  readonly warnSeconds?: number
  /** After so many seconds what cannot be delivered is returned to its sender. */
  readonly giveUpSeconds?: number
}

export type PostfixPorts = { readonly port: number; readonly reinjectPort: number }

/** postconf(5): nothing of the system's Postfix, no DNS, no chroot, and retries after a second. */
export function writeConfig(folder: string, ports: PostfixPorts, options: PostfixOptions): void {
  const etc = join(folder, 'etc')
  const table = (name: string, lines: readonly string[], type = 'texthash') => {
    writeFileSync(join(etc, name), `${lines.join('\n')}\n`)
    return `${type}:${join(etc, name)}`
  }
  const { mailboxes = [], aliases = {}, routes = {}, rewriteSenders = {} } = options
  const domains = [...new Set([...mailboxes, ...Object.keys(aliases)].map(domainOf))]
  const settings: Record<string, string | number> = {
    compatibility_level: '3.6',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    maillog_file: join(folder, 'log'),
    maillog_file_prefixes: folder,
    myhostname: options.hostname,
    myorigin: options.hostname,
    mydestination: '',
    alias_maps: '',
    alias_database: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    smtpd_peername_lookup: 'no',
    smtp_bind_address: options.sendsFrom ?? '127.0.0.1',
    smtp_tls_security_level: 'may',
    smtp_tls_loglevel: 1,
    smtp_dns_support_level: 'disabled',
    recipient_delimiter: '',
    // Every copy of a forward is a message of its own, as with the large providers.
    default_destination_recipient_limit: 1,
    minimal_backoff_time: '1s',
    maximal_backoff_time: '2s',
    queue_run_delay: '1s',
    ...(options.warnSeconds ? { delay_warning_time: `${options.warnSeconds}s` } : {}),
    maximal_queue_lifetime: `${options.giveUpSeconds ?? 3600}s`,
    bounce_queue_lifetime: '3600s',
    transport_maps: table('transport', Object.entries(routes).map(toRoute)),
    virtual_alias_maps: table('aliases', Object.entries(aliases).map(toAlias)),
    virtual_mailbox_domains: domains.join(' '),
    virtual_mailbox_maps: table('mailboxes', mailboxes.map(toMailbox)),
    virtual_mailbox_base: join(folder, 'mail'),
    ...ownerOfMail(),
    sender_canonical_maps: table('senders', Object.entries(rewriteSenders).map(toPair), 'regexp'),
    sender_canonical_classes: 'envelope_sender',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  writeFileSync(join(etc, 'main.cf'), `${lines.join('\n')}\n`)
  writeFileSync(join(etc, 'master.cf'), services(ports, options))
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)
const toPair = (pair: readonly string[]): string => pair.join(' ')
const toRoute = ([domain, port]: [string, number]): string => `${domain} smtp:[127.0.0.1]:${port}`
const toAlias = ([address, targets]: [string, readonly string[]]): string =>
  `${address} ${targets.join(', ')}`
/** Where a mailbox is, below all mail. */
export const folderOf = (address: string): string => address.split('@').reverse().join('/')
/** The slash at the end makes it a Maildir. */
const toMailbox = (address: string): string => `${address} ${folderOf(address)}/`

/** virtual(8) delivers as a user who is neither root nor Postfix. */
function ownerOfMail(): Record<string, string> {
  const id = (flag: string) => execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }).trim()
  return {
    virtual_uid_maps: `static:${id('-u')}`,
    virtual_gid_maps: `static:${id('-g')}`,
    virtual_minimum_uid: '1',
  }
}

/** master(5): name, type, private, unprivileged, chroot, wake-up, most processes, command. */
function services({ port, reinjectPort }: PostfixPorts, { filterPort }: PostfixOptions): string {
  const filter = filterPort
    ? ` -o content_filter=smtp:[127.0.0.1]:${filterPort} -o receive_override_options=no_address_mappings`
    : ''
  return `${[
    `127.0.0.1:${port} inet n - n - - smtpd${filter}`,
    ...(filterPort ? [`127.0.0.1:${reinjectPort} inet n - n - - smtpd`] : []),
    'pickup unix n - n 60 1 pickup',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'flush unix n - n 1000? 0 flush',
    'proxymap unix - - n - - proxymap',
    'smtp unix - - n - - smtp',
    'relay unix - - n - - smtp',
    'showq unix n - n - - showq',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'discard unix - - n - - discard',
    'virtual unix - n n - - virtual',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'postlog unix-dgram n - n - 1 postlogd',
  ].join('\n')}\n`
}
