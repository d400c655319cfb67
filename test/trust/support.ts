import { generateKeyPairSync } from 'node:crypto'
import { sealMessage } from 'mailauth/lib/arc/index.js'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'
import type { MailboxContext } from '../../src/domain/mailbox.ts'
import type { InboundEmail } from '../../src/domain/message.ts'
import type { Verdict } from '../../src/domain/verdict.ts'
import type { Circumstances } from '../../src/trust/circumstances.ts'
import { definitionSchema, type UtilityDefinition } from '../../src/utilities/definition.ts'
import { loadInboxProviders } from '../../src/utilities/inbox-providers.ts'

export const ORGANISATION = 'example-electric.test'
export const FROM_DOMAIN = 'mail.example-electric.test'
/** A client that the utility's SPF record does not know. */
export const ELSEWHERE = { client: { address: '198.51.100.7', helo: 'evil.test', tls: false } }

export const OUR_ADDRESS = 'mfa-abcdefghij234567@relay.test'
/** A login waits for a code at this instant. */
export const NOW = 1_800_000_000_000

const { providers } = loadInboxProviders()

/** A message with a code in it, that came while a login waited. */
export const circumstances = (change: Partial<Circumstances> = {}): Circumstances => ({
  receivedAt: NOW,
  extraction: { kind: 'code', code: '482913', rule: 'general', confidence: 0.99, candidates: [] },
  newSenders: 'candidate',
  providers,
  ...change,
})

export const codes = ({ reasons }: Verdict): string[] => reasons.map(({ code }) => code)

export const utility = (change: Record<string, unknown> = {}): UtilityDefinition => ({
  ...definitionSchema.parse({
    name: 'Example Electric',
    web: ['example-electric.test'],
    email: { from: ['@mail.example-electric.test'] },
    sms: { from: ['72345'] },
    ...change,
  }),
  id: 'example-electric',
})

export const context = (
  connection: Partial<MailboxContext['connection']> = {},
  pinnedSenders: readonly string[] = [],
  change: Partial<MailboxContext> = {},
): MailboxContext => ({
  mailbox: {
    address: 'mfa-abcdefghij234567@relay.test',
    channel: 'email',
    connectionId: 'c1',
    createdAt: 0,
    retiredAt: null,
    providerSid: null,
  },
  connection: {
    id: 'c1',
    companyId: 'company',
    utility: 'example-electric',
    url: null,
    mfaMethod: 'managed_forwarding',
    inboxAddresses: [],
    ...connection,
  },
  recipients: [],
  pinnedSenders,
  loginOpenUntil: NOW + 600_000,
  ...change,
})

export const email = (raw: string | Buffer, change: Partial<InboundEmail> = {}): InboundEmail => ({
  channel: 'email',
  id: 'm1',
  door: 'smtp',
  receivedAt: Date.now(),
  envelope: {
    sender: 'bounce@mail.example-electric.test',
    recipients: ['mfa-abcdefghij234567@relay.test'],
  },
  client: { address: '192.0.2.10', helo: 'mx.example-electric.test', tls: true },
  raw: Buffer.from(raw),
  ...change,
})

export const mail = (headers: readonly string[] = [], body = 'Your code is 482913.\r\n'): string =>
  [
    'From: Example Electric <codes@mail.example-electric.test>',
    'To: mfa-abcdefghij234567@relay.test',
    'Subject: Your code',
    'Date: Sat, 21 Nov 2026 08:00:00 +0000',
    'Message-ID: <1@mail.example-electric.test>',
    ...headers,
    '',
    body,
  ].join('\r\n')

/** A key pair and the TXT record that publishes it. */
export function dkimKey(): { privateKey: string; record: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  return {
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    record: `v=DKIM1; k=rsa; p=${der}`,
  }
}

export type Signing = {
  readonly domain: string
  readonly privateKey: string
  readonly selector?: string
  /** h=, colon separated; default: what is usual. */
  readonly headers?: string
  /** l= */
  readonly bodyLength?: number
  /** t= and x= */
  readonly signTime?: Date
  readonly expires?: Date
}

/** The message with a real DKIM signature on top. */
export async function signed(raw: string, signing: Signing): Promise<string> {
  const { signatures, errors } = await dkimSign(raw, {
    canonicalization: 'relaxed/relaxed',
    algorithm: 'rsa-sha256',
    signTime: signing.signTime ?? new Date(),
    ...(signing.expires ? { expires: signing.expires } : {}),
    signatureData: [
      {
        signingDomain: signing.domain,
        selector: signing.selector ?? 's1',
        privateKey: signing.privateKey,
        ...(signing.bodyLength === undefined ? {} : { maxBodyLength: signing.bodyLength }),
      },
    ],
    ...(signing.headers ? { headerList: signing.headers } : {}),
  } as Parameters<typeof dkimSign>[1])
  if (errors.length > 0) throw new Error(`not signed: ${JSON.stringify(errors)}`)
  return signatures + raw
}

export type Sealing = {
  readonly domain: string
  readonly privateKey: string
  /** What the forwarder found, as Authentication-Results has it after the host's name. */
  readonly results: string
  readonly cv?: 'none' | 'pass'
}

/** The message with a real ARC set on top, as a forwarder adds it. */
export async function sealed(
  raw: string,
  { domain, privateKey, results, cv = 'none' }: Sealing,
): Promise<string> {
  const headers = await sealMessage(raw, {
    signingDomain: domain,
    selector: 'arc1',
    privateKey,
    authResults: `mx.${domain}; ${results}`,
    cv,
  } as Parameters<typeof sealMessage>[1])
  if (headers.length === 0) throw new Error('not sealed')
  return headers.toString() + raw
}
