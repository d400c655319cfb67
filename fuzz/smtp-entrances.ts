import { openDoor } from '../test/inbound/support.ts'
import { type SmtpClient, smtpConnect } from '../test/support/smtp-client.ts'
import { mutateText } from './mutate.ts'
import type { Random } from './random.ts'

/*
 * The ways to the SMTP door: in the clear, by STARTTLS, by LMTP, and behind a proxy that may send anything as its header.
 */

export type Entrance = 'clear' | 'tls' | 'lmtp' | 'proxy'

export type Entrances = {
  /** Null: the door did not let this client in, as it may where the header was mutated. */
  enter(random: Random): Promise<{ entrance: Entrance; client: SmtpClient } | null>
  stop(): Promise<void>
}

const V2_SIGNATURE = '\r\n\r\n\0\r\nQUIT\n'
const HEADERS = [
  'PROXY TCP4 203.0.113.9 192.0.2.1 4711 25\r\n',
  'PROXY TCP6 2001:db8::9 2001:db8::1 4711 25\r\n',
  'PROXY UNKNOWN\r\n',
  `${V2_SIGNATURE}\x21\x11\0\x0c\xcb\0\x71\x09\xc0\0\x02\x01\x12\x67\0\x19`,
  `${V2_SIGNATURE}\x21\x21\0\x24${'\x20\x01\x0d\xb8'.repeat(8)}\x12\x67\0\x19`,
  `${V2_SIGNATURE}\x20\0\0\0`,
]
const HEADER_WORDS = [
  V2_SIGNATURE,
  'PROXY ',
  '\r\n',
  '\0',
  '\xff\xff',
  '\x21',
  ' ',
  '::',
  '1.2.3.4',
  'x'.repeat(3_000),
]
/** A header that is cut keeps the door waiting for the rest, for longer than a round may take. */
const HEADER_MS = 300

export async function openEntrances(options: Parameters<typeof openDoor>[0]): Promise<Entrances> {
  const [smtp, lmtp, proxied] = [
    await openDoor(options),
    await openDoor({ ...options, protocol: 'lmtp' }),
    await openDoor({ ...options, isProxyNetwork: () => true }),
  ]
  return {
    async enter(random) {
      const entrance = random.pick<Entrance>(['clear', 'clear', 'clear', 'tls', 'lmtp', 'proxy'])
      if (entrance === 'proxy') {
        const client = await enterByProxy(random, proxied.port)
        return client && { entrance, client }
      }
      const client = await smtpConnect(entrance === 'lmtp' ? lmtp.port : smtp.port)
      if (entrance === 'tls') {
        await client.send('EHLO client.test')
        await client.startTls()
      }
      return { entrance, client }
    },
    async stop() {
      for (const door of [smtp, lmtp, proxied]) await door.stop()
    },
  }
}

async function enterByProxy(random: Random, port: number): Promise<SmtpClient | null> {
  const header = random.pick(HEADERS)
  const isMutated = random.chance(0.5)
  const bytes = Buffer.from(isMutated ? mutateText(random, header, HEADER_WORDS) : header, 'latin1')
  const at = random.int(0, bytes.length)
  const connecting = smtpConnect(port, [bytes.subarray(0, at), bytes.subarray(at)])
  if (!isMutated) return connecting
  const client = await Promise.race([
    connecting.catch(() => null),
    new Promise<null>((resolve) => setTimeout(resolve, HEADER_MS, null)),
  ])
  if (client === null) void connecting.then(({ socket }) => socket.destroy()).catch(() => {})
  if (client?.greeting.code === 220) return client
  client?.socket.destroy()
  return null
}
