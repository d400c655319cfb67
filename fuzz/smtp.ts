import { domainToASCII } from 'node:url'
import type { InboundEmail } from '../src/domain/message.ts'
import { DOMAIN, MAILBOX, OTHER_MAILBOX } from '../test/inbound/support.ts'
import type { SmtpClient, SmtpReply } from '../test/support/smtp-client.ts'
import type { Target } from './loop.ts'
import { mutateText } from './mutate.ts'
import type { Random } from './random.ts'
import { type Entrance, openEntrances } from './smtp-entrances.ts'

/*
 * The SMTP door over real sockets, by every way in. Half of the sessions are dialogs, one mutated command and its reply at a time;
 * half throw whole scripts at the door, cut anywhere. Broken promises: a reply that is none, no reply, a 2xx to a
 * recipient who is nobody here, a message whose recipients are not ours, a door that takes no more connections.
 */

const OURS: ReadonlySet<string> = new Set([
  MAILBOX,
  OTHER_MAILBOX,
  `postmaster@${DOMAIN}`,
  `abuse@${DOMAIN}`,
  'postmaster',
])
const WORDS = [
  '\r',
  '\0',
  '<>',
  '<',
  '>',
  '@',
  ':',
  ' SIZE=99999999999999999999',
  ' BODY=8BITMIME',
  ' SMTPUTF8',
  ' ORCPT=rfc822;x',
  ' RET=HDRS ENVID=+0D+0A',
  'a%b@c',
  '@hop:',
  '"quoted"',
  `@${DOMAIN}`,
  '\u00fc',
  'x'.repeat(300),
  'x'.repeat(5_000),
]
const COMMANDS = [
  'EHLO client.test',
  'HELO client.test',
  'LHLO client.test',
  'STARTTLS',
  'MAIL FROM:<a@example.com>',
  'MAIL FROM:<>',
  `RCPT TO:<${MAILBOX}>`,
  `RCPT TO:<${OTHER_MAILBOX}>`,
  'RCPT TO:<postmaster>',
  'RCPT TO:<victim@example.com>',
  `RCPT TO:<nobody@${DOMAIN}>`,
  'DATA',
  'RSET',
  'NOOP',
  'VRFY x',
  'AUTH PLAIN AGEAYg==',
  'XCLIENT ADDR=127.0.0.1',
  'BDAT 10',
  'HELP',
]
/** Last first, as steps are counted down. */
const ORDERLY = ['DATA', `RCPT TO:<${MAILBOX}>`, 'MAIL FROM:<a@example.com> SIZE=500']
const BODY = 'From: a@example.com\r\nSubject: x\r\n\r\n..stuffed\r\nhello\r\n'
const BODY_WORDS = ['\r\n.\r\n', '\n.\n', '\r.\r', '\r\n', '\n', '\r', '\0', '..', '\r\n..', '\xff\xfe']
const PATIENCE_MS = 10_000

export async function smtpTarget(): Promise<Target> {
  const strangers: string[] = []
  const entrances = await openEntrances({
    maxClients: 1_000,
    receive: async (message) => {
      const { envelope } = message as InboundEmail
      strangers.push(...envelope.recipients.filter((address) => !OURS.has(address)))
    },
  })
  return {
    async round(random) {
      const entered = await inTime(entrances.enter(random), 'a greeting')
      if (entered === null) return 'proxy: not let in'
      const { entrance, client } = entered
      if (client.greeting.code !== 220) throw new Error(`greeted with ${client.greeting.text}`)
      const act = random.chance(0.5) ? dialog : script
      const outcome = `${entrance}: ${await act(random, client, entrance)}`
      client.socket.destroy()
      if (strangers.length > 0) throw new Error(`a message was taken for ${JSON.stringify(strangers)}`)
      return outcome
    },
    stop: () => entrances.stop(),
  }
}

/** One command, one reply. */
async function dialog(random: Random, client: SmtpClient, entrance: Entrance): Promise<string> {
  await client.send(`${helloOf(entrance)} client.test`)
  let taken = 0
  const isOrderly = random.chance(0.5)
  for (let steps = random.int(1, 15); steps > 0; steps -= 1) {
    const plain = isOrderly ? ORDERLY[steps % ORDERLY.length]! : random.pick(COMMANDS)
    const isMutated = random.chance(isOrderly ? 0.2 : 0.7)
    const line = (isMutated ? mutateText(random, plain, WORDS) : plain).replaceAll('\n', '')
    const reply = await ask(client, line)
    if (reply === null) return 'dialog ended by the door'
    if (reply.code === 220) return 'dialog, STARTTLS'
    checkRecipient(line, reply)
    if (reply.code !== 354) continue
    const { code } = await inTime(client.send(`${safeBody(random)}\r\n.`), 'a reply to a message')
    if (code === 250) taken += 1
    // A reply for each recipient: what follows is no answer to what is asked next.
    if (entrance === 'lmtp') return `dialog, ${await goodbye(client)}`
  }
  return `dialog, ${taken > 0 ? 'mail taken' : 'no mail taken'}`
}

/** A body that ends nowhere before its end. */
const safeBody = (random: Random): string =>
  mutateText(random, BODY, BODY_WORDS).replace(/(^|\r\n)\.(?=\r\n|$)/g, '$1..')

async function ask(client: SmtpClient, line: string): Promise<SmtpReply | null> {
  if (client.socket.destroyed) return null
  const reply = await inTime(
    client.send(line).catch(() => null),
    `a reply to ${JSON.stringify(line.slice(0, 200))}`,
  )
  if (reply) checkReply(reply)
  return reply?.code === 421 ? null : reply
}

/** RFC 5321 §4.2: a number and a text, nothing in it that ends a line or moves a cursor. */
function checkReply({ code, text }: SmtpReply): void {
  const isReply = text.split('\n').every((line) => /^[2-5]\d\d[ -][\t\x20-\x7e\x80-\xff]*$/.test(line))
  if (!isReply || code < 200 || code > 599) throw new Error(`no reply: ${JSON.stringify(text)}`)
}

function checkRecipient(line: string, { code, text }: SmtpReply): void {
  if (!/^\s*RCPT\b/i.test(line) || code >= 300) return
  const address = (/<([^<>]*)>/.exec(line)?.[1] ?? '').trim().toLowerCase()
  const at = address.lastIndexOf('@')
  const ascii = at < 0 ? address : `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`
  if (!OURS.has(ascii)) throw new Error(`${JSON.stringify(line)} was answered ${text}`)
}

/** Everything at once, or cut anywhere: all that comes back must be replies. */
async function script(random: Random, client: SmtpClient, entrance: Entrance): Promise<string> {
  const lines = Array.from({ length: random.int(1, 40) }, () =>
    random.chance(0.2) ? mutateText(random, BODY, BODY_WORDS) : random.pick(COMMANDS),
  )
  const text = mutateText(
    random,
    `${helloOf(entrance)} x\r\n${lines.join('\r\n')}`,
    [...WORDS, ...BODY_WORDS],
    6,
  )
  const bytes = Buffer.from(text, random.chance(0.5) ? 'latin1' : 'utf8')
  for (let at = 0; at < bytes.length; ) {
    const size = random.chance(0.5) ? bytes.length : random.int(1, 40)
    client.write(bytes.subarray(at, at + size))
    at += size
    if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve))
  }
  // Whatever state this left: out of a message if it is in one, then goodbye.
  client.write('\r\n.\r\n')
  return goodbye(client)
}

const helloOf = (entrance: Entrance): string => (entrance === 'lmtp' ? 'LHLO' : 'EHLO')

/** Leaves, and reads everything up to the end. */
async function goodbye(client: SmtpClient): Promise<string> {
  client.write('QUIT\r\n')
  for (let replies = 0; ; replies += 1) {
    const reply = await inTime(
      client.next().catch(() => null),
      'the end of a script',
    )
    if (reply === null) return `script ended, ${replies > 20 ? 'many' : 'few'} replies`
    checkReply(reply)
    // It now waits for a handshake, and what came with the command is dropped.
    if (reply.code === 220) return 'script, STARTTLS'
    if (reply.code === 221 || reply.code === 421) return `script, ${reply.code}`
  }
}

async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  const timer = Promise.withResolvers<never>()
  const timeout = setTimeout(() => timer.reject(new Error(`waited in vain for ${what}`)), PATIENCE_MS)
  try {
    return await Promise.race([work, timer.promise])
  } finally {
    clearTimeout(timeout)
  }
}
