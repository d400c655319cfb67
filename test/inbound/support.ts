import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MailboxContext } from '../../src/domain/mailbox.ts'
import type { InboundMessage } from '../../src/domain/message.ts'
import { createByteBudget } from '../../src/inbound/byte-budget.ts'
import { type SmtpDoor, type SmtpDoorOptions, startSmtpDoor } from '../../src/inbound/smtp/door.ts'
import type { SmtpClient } from '../support/smtp-client.ts'

export const DOMAIN = 'relay.test'
export const MAILBOX = `mfa-abcdefghij234567@${DOMAIN}`
export const OTHER_MAILBOX = `mfa-zyxwvutsrq765432@${DOMAIN}`
export const RETIRED = `mfa-retiredretired22@${DOMAIN}`
export const NUMBER = '+14155550100'

/** A mailbox of one connection, as the store would find it. */
export const contextOf = (
  address: string,
  change: Partial<MailboxContext['mailbox']> = {},
  connection: Partial<MailboxContext['connection']> = {},
): MailboxContext => ({
  mailbox: {
    address,
    channel: address.startsWith('+') ? 'sms' : 'email',
    connectionId: 'c1',
    createdAt: 0,
    retiredAt: null,
    providerSid: null,
    ...change,
  },
  connection: {
    id: 'c1',
    companyId: 'company',
    utility: 'sandbox-power',
    url: null,
    mfaMethod: 'managed_forwarding',
    inboxAddresses: [],
    ...connection,
  },
  recipients: [],
  pinnedSenders: [],
})

/** The mailboxes that exist in these tests. */
export const findMailbox = async (address: string): Promise<MailboxContext | null> => {
  if (address === RETIRED) return contextOf(address, { retiredAt: 1 })
  return [MAILBOX, OTHER_MAILBOX, NUMBER].includes(address) ? contextOf(address) : null
}

export type TestDoor = SmtpDoor & { readonly received: InboundMessage[]; stop(): Promise<void> }

/** A real door on a free port, whose messages end in `received`. */
export async function openDoor(options: Partial<SmtpDoorOptions> = {}): Promise<TestDoor> {
  const dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-door-'))
  const received: InboundMessage[] = []
  const door = await startSmtpDoor({
    protocol: 'smtp',
    host: '127.0.0.1',
    port: 0,
    mailDomain: DOMAIN,
    tls: { tlsCert: '', tlsKey: '', dataDir, hostName: DOMAIN },
    maxMessageBytes: 100_000,
    maxRecipients: 2,
    maxClients: 50,
    budget: createByteBudget(1_000_000),
    isProxyNetwork: () => false,
    findMailbox,
    receive: async (message) => {
      received.push(message)
    },
    ...options,
  })
  return {
    ...door,
    received,
    stop: async () => {
      await door.close(0)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Doors of one test file; `afterEach(doors.stop)` closes them. */
export function testDoors() {
  const doors: TestDoor[] = []
  return {
    async open(options: Partial<SmtpDoorOptions> = {}): Promise<TestDoor> {
      const door = await openDoor(options)
      doors.push(door)
      return door
    },
    async stop(): Promise<void> {
      for (const door of doors.splice(0)) await door.stop()
    },
  }
}

/** EHLO, MAIL and RCPT, all taken. */
export async function sayHello(client: SmtpClient, to: readonly string[] = [MAILBOX]): Promise<void> {
  const lines = [
    'EHLO client.test',
    'MAIL FROM:<a@example.com>',
    ...to.map((address) => `RCPT TO:<${address}>`),
  ]
  for (const line of lines) {
    const { code, text } = await client.send(line)
    if (code !== 250) throw new Error(`${line} was answered ${text}`)
  }
}

/** DATA with a message; the reply after its last dot. */
export async function sendMail(client: SmtpClient, body = 'Subject: x\r\n\r\nhi'): Promise<string> {
  const { code, text } = await client.send('DATA')
  if (code !== 354) throw new Error(`DATA was answered ${text}`)
  return (await client.send(`${body}\r\n.`)).text
}
