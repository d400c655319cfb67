import { readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { z } from 'zod'

/** Where the package's own files (config/, fixtures/) are, both from sources and from dist/. */
export const PACKAGE_ROOT = new URL('..', import.meta.url)

/** Thrown with every problem found, one line each. The start ends with exit code 78 (EX_CONFIG). */
export class ConfigError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    )
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const text = z.string().trim()
const port = z.coerce.number().int().min(0).max(65_535)
const ports = z
  .union([z.array(z.number()), z.string().transform((value) => value.split(',').filter(Boolean).map(Number))])
  .pipe(z.array(z.number().int().min(1).max(65_535)))
const count = z.coerce.number().int().min(1)
const list = z
  .union([z.array(z.string()), z.string().transform((value) => value.split(','))])
  .transform((items) => items.map((item) => item.trim()).filter(Boolean))
const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', 'on', 'off', '1', '0']).transform((v) => v === 'true' || v === 'on' || v === '1'),
])
const optionalUrl = (protocols: readonly string[]) =>
  text.refine((value) => value === '' || protocols.includes(protocolOf(value)), {
    error: `must be a URL starting with ${protocols.join('// or ')}//`,
  })
const domainName = text
  .toLowerCase()
  .regex(/^(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, 'must be a domain name such as mfa.example.com')
const networks = list.refine((items) => items.every(isNetwork), {
  error: 'must be IP addresses or networks such as 10.0.0.0/8, comma separated',
})
const phone = text.regex(/^\+[1-9]\d{6,14}$/, 'must be phone numbers in E.164, e.g. +14155550123')

function protocolOf(value: string): string {
  return URL.canParse(value) ? new URL(value).protocol : ''
}

function isNetwork(value: string): boolean {
  const [address = '', bits, extra] = value.split('/')
  const family = isIP(address)
  if (family === 0 || extra !== undefined) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

/** A key of 32 bytes as 64 hex digits or base64; several, comma separated: the first seals, all open. */
const masterKey = text.refine((value) => value === '' || value.split(',').every(isMasterKey), {
  error: 'must be 32 bytes as 64 hex digits or 44 base64 characters (openssl rand -hex 32)',
})
function isMasterKey(value: string): boolean {
  return /^[0-9a-f]{64}$/i.test(value.trim()) || Buffer.from(value.trim(), 'base64').length === 32
}

const schema = z
  .strictObject({
    dataDir: text.min(1),
    databaseUrl: optionalUrl(['postgres:', 'postgresql:', 'sqlite:']),
    redisUrl: optionalUrl(['redis:', 'rediss:']),

    smtpHost: text,
    smtpPort: port,
    lmtpPort: z.union([z.null(), z.literal('').transform(() => null), port]),
    httpHost: text,
    httpPort: port,
    publicUrl: optionalUrl(['http:', 'https:']).transform((value) => value.replace(/\/+$/, '')),
    mailDomain: domainName,
    mailboxPrefix: text.regex(/^[a-z0-9-]{1,15}$/, 'must be 1 to 15 characters of a-z, 0-9 and "-"'),

    masterKey,
    adminApiKey: text.refine((v) => v === '' || v.length >= 20, 'must have at least 20 characters'),

    outboundSmtpUrl: optionalUrl(['smtp:', 'smtps:']),
    relayFrom: text.refine(
      (v) => v === '' || /^[^\s@<>"]+@[a-z0-9.-]+$/i.test(v),
      'must be one bare address',
    ),
    dkimDomain: z.union([z.literal(''), domainName]),
    dkimSelector: text.regex(/^[a-z0-9._-]*$/i, 'must be a DNS label'),
    dkimKey: text,
    relayNotices: flag,
    attachOriginal: flag,
    recipientConfirmation: z.enum(['required', 'off']),
    copiesPerMinute: count,
    copiesPerDay: count,
    recipientCopiesPerMinute: count,
    recipientCopiesPerDay: count,

    tlsCert: text,
    tlsKey: text,

    twilioAccountSid: text.regex(/^(AC[0-9a-f]{32})?$/i, 'must start with AC and have 34 characters'),
    twilioAuthToken: text,
    twilioAuthTokenNext: text,
    twilioApiUrl: optionalUrl(['http:', 'https:']),
    smsNumbers: list.pipe(z.array(phone)),
    smsFrom: text.regex(
      /^(\+[1-9]\d{6,14}|MG[0-9a-f]{32}|\d{5,6})?$/i,
      'must be a number or MG… service SID',
    ),

    maxMessageBytes: z.coerce.number().int().min(10_000),
    maxRecipients: z.coerce.number().int().min(1).max(100),
    maxClients: z.coerce.number().int().min(1),
    maxBufferedBytes: z.coerce.number().int().min(1_000_000),
    maxMessagesInFlight: z.coerce.number().int().min(1),
    smtpDataSeconds: z.coerce.number().int().min(10).max(86_400),
    smtpSessionSeconds: z.coerce.number().int().min(10).max(86_400),
    hostMessagesPerMinute: count,
    hostUnknownRecipients: count,
    tarpitSeconds: z.coerce.number().min(0).max(60),
    readDeadlineMs: z.coerce.number().int().min(100).max(60_000),
    readWorkers: z.coerce.number().int().min(1).max(64),

    clockSkewSeconds: z.coerce.number().int().min(0).max(3600),
    newSenders: z.enum(['candidate', 'quarantine']),
    confirmForwarding: z.enum(['show', 'auto']),
    trustedNetworks: networks,
    proxyNetworks: networks,
    dnsServers: list.refine((items) => items.every((s) => isIP(s.replace(/^\[|\]?(:\d+)?$/g, '')) > 0), {
      error: 'must be IP addresses, each with an optional port, e.g. 127.0.0.1:5353',
    }),

    utilitiesDir: text,

    documentNetworks: networks,
    documentPorts: ports,

    webhookNetworks: networks,
    webhookPorts: ports,
    webhookHttp: flag,
    noticeMails: flag,
    noticeGatherMinutes: z.coerce.number().min(0).max(1440),
    noticeSpacingMinutes: z.coerce.number().min(0).max(10_080),
    noticeForwardingDays: z.coerce.number().min(0.1).max(365),

    webhookDisableDays: z.coerce.number().min(1).max(365),

    codeRetentionHours: z.coerce
      .number()
      .min(1)
      .max(24 * 365),
    messageRetentionDays: z.coerce.number().min(1).max(3650),
    documentRetentionDays: z.coerce.number().min(1).max(3650),
    eventRetentionDays: z.coerce.number().min(2).max(3650),
    shutdownSeconds: z.coerce.number().int().min(1).max(300),
    logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  })
  .superRefine(requireTogether)

type Settings = z.infer<typeof schema>

/** All settings, frozen. Sizes in bytes; durations as their names say. */
export type Config = Readonly<Settings>

const pairs: readonly (readonly [keyof Settings & string, keyof Settings & string])[] = [
  ['tlsCert', 'tlsKey'],
  ['tlsKey', 'tlsCert'],
  ['twilioAccountSid', 'twilioAuthToken'],
  ['twilioAuthToken', 'twilioAccountSid'],
  ['dkimKey', 'dkimSelector'],
]

function requireTogether(settings: Record<string, unknown>, context: z.core.$RefinementCtx): void {
  for (const [given, needed] of pairs) {
    if (settings[given] && !settings[needed]) {
      context.addIssue({
        code: 'custom',
        path: [needed],
        message: `must be set too when ${envName(given)} is set`,
        input: '',
      })
    }
  }
  if (!isManyNodes(settings as { databaseUrl: string })) return
  for (const [needed, why] of Object.entries(NEEDED_BY_MANY)) {
    if (settings[needed]) continue
    const message = `must be set when DATABASE_URL is PostgreSQL: ${why}`
    context.addIssue({ code: 'custom', path: [needed], message, input: '' })
  }
}

/** What nodes that share a database must share too. */
const NEEDED_BY_MANY: Partial<Record<keyof Settings, string>> = {
  redisUrl: 'nodes wake each other through it',
  masterKey: 'all nodes seal with the same key (openssl rand -hex 32)',
}

/** Whether this process may be one node of many: its store is PostgreSQL. */
export const isManyNodes = ({ databaseUrl }: { readonly databaseUrl: string }): boolean =>
  protocolOf(databaseUrl).startsWith('postgres')

/** The environment variable that overrides a setting: `smtpPort` → `SMTP_PORT`. */
export const envName = (setting: string): string =>
  setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()

/** The defaults of config/default.json. */
export function defaultSettings(): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL('config/default.json', PACKAGE_ROOT), 'utf8'))
}

/**
 * Reads config/default.json and lets environment variables override it.
 *
 * @param env variables such as SMTP_PORT; others are ignored
 * @throws ConfigError naming every bad setting at once
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const settings = defaultSettings()
  for (const name of Object.keys(settings)) {
    const value = env[envName(name)]
    if (value !== undefined) settings[name] = value
  }
  const parsed = schema.safeParse(settings)
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => {
        const name = envName(String(issue.path[0] ?? ''))
        return `${name}: ${issue.message}`
      }),
    )
  }
  return Object.freeze(parsed.data)
}

/** A matcher for a list of addresses and networks; IPv4-mapped IPv6 addresses match their IPv4 form. */
export function networkMatcher(items: readonly string[]): (address: string | undefined) => boolean {
  const blockList = new BlockList()
  for (const item of items) {
    const [address = '', bits] = item.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) blockList.addAddress(address, family)
    else blockList.addSubnet(address, Number(bits), family)
  }
  return (address) => {
    if (!address || items.length === 0) return false
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
    const family = isIP(plain)
    return family !== 0 && blockList.check(plain, family === 6 ? 'ipv6' : 'ipv4')
  }
}
