import nodemailer from 'nodemailer'
import { startDnsServer, type TestDns } from '../support/dns.ts'
import { startRelay, type TestRelay } from '../support/relay.ts'
import { dkimKey, sealed, signed } from '../trust/support.ts'

/** A relay that believes nobody but DNS: real records on a real name server, real signatures, real SMTP. */
export type HandshakeWorld = {
  readonly dns: TestDns
  readonly relay: TestRelay
  /** Signed by that domain, whose keys and SPF record are then published. */
  sign(raw: string, domain: string): Promise<string>
  /** Sealed by a provider, as it does when it passes a message on. */
  seal(raw: string, domain: string, results: string): Promise<string>
  /** Over SMTP, as it is. */
  send(raw: string, envelope: { from: string; to: string | string[] }): Promise<void>
  close(): Promise<void>
}

export async function startHandshakeWorld(
  settings: Record<string, string> = {},
  options: Parameters<typeof startRelay>[2] = {},
): Promise<HandshakeWorld> {
  const dns = await startDnsServer()
  const keys = new Map<string, string>()
  const keyOf = (domain: string, selector: string): string => {
    const name = `${selector}._domainkey.${domain}`
    const known = keys.get(name)
    if (known) return known
    const { privateKey, record } = dkimKey()
    dns.set('TXT', name, record)
    keys.set(name, privateKey)
    return privateKey
  }
  const relay = await startRelay(
    { TRUSTED_NETWORKS: '', DNS_SERVERS: dns.server, ...settings },
    undefined,
    options,
  )
  return {
    dns,
    relay,
    sign: (raw, domain) => signed(raw, { domain, privateKey: keyOf(domain, 's1') }),
    seal: (raw, domain, results) => sealed(raw, { domain, privateKey: keyOf(domain, 'arc1'), results }),
    async send(raw, envelope) {
      const tls = { rejectUnauthorized: false }
      const transport = nodemailer.createTransport({ host: '127.0.0.1', port: relay.ports.smtp, tls })
      try {
        await transport.sendMail({ envelope, raw: Buffer.from(raw) })
      } finally {
        transport.close()
      }
    },
    async close() {
      await relay.close()
      relay.remove()
      await dns.close()
    },
  }
}

let count = 0
/** A mail as it is written, before anybody signs it. */
export const letter = (mail: {
  from: string
  to: string
  subject: string
  text: string
  headers?: readonly string[]
}): string => {
  count += 1
  return [
    `From: ${mail.from}`,
    `To: ${mail.to}`,
    `Subject: ${mail.subject}`,
    `Date: ${new Date().toUTCString()}`,
    `Message-ID: <${count}.${process.pid}@example.test>`,
    ...(mail.headers ?? []),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    mail.text,
    '',
  ].join('\r\n')
}

/** A twin of Gmail's question, with nobody's data. */
export const gmailQuestion = (to: string, requester: string, link: string, more = ''): string =>
  letter({
    from: 'Gmail Team <forwarding-noreply@google.com>',
    to,
    subject: `(Gmail Forwarding Confirmation - Receive Mail from ${requester}`,
    headers: ['X-Google-Address-Confirmation: abcdefghijklmnopqrstuvwxyz1'],
    text: [
      `${requester} has requested to automatically forward mail to your email`,
      `address ${to}.`,
      more,
      '',
      `To allow ${requester} to automatically forward mail to your address,`,
      'please click the link below to confirm the request:',
      '',
      link,
      '',
      'If you do not approve of this request, no further action is required. To cancel, click:',
      '',
      link.replace('/vf-', '/uf-'),
      '',
      'Thanks for using Gmail!',
    ].join('\r\n'),
  })
