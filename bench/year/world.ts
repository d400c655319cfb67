import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionFacts } from '../../src/domain/connection-facts.ts'
import { Failure } from '../../src/domain/failure.ts'
import { newId } from '../../src/domain/id.ts'
import { canonicalRecipient } from '../../src/domain/mailbox.ts'
import type { InboundMessage } from '../../src/domain/message.ts'
import { createExtractors } from '../../src/extract/registry.ts'
import { parseMime } from '../../src/inbound/parse-mime.ts'
import { createReader } from '../../src/inbound/read-message.ts'
import { type ReceiveDeps, receive } from '../../src/receive.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { Store } from '../../src/store/store.ts'
import { type Authentication, NOTHING_KNOWN } from '../../src/trust/authentication.ts'
import { judge } from '../../src/trust/judge.ts'
import type { Utilities } from '../../src/utilities/definition.ts'
import { type InboxProviders, loadInboxProviders } from '../../src/utilities/inbox-providers.ts'
import { BUILT_IN_UTILITIES, loadUtilities } from '../../src/utilities/load.ts'

/** The domain of our addresses. */
export const OUR_DOMAIN = 'relay.test'

/** An e-mail as the portal, or the customer's inbox, hands it over. What DNS would have said comes with it. */
export type Mail = {
  readonly to: string
  readonly from: string
  readonly envelopeSender: string
  readonly subject: string
  readonly body: string
  readonly isHtml?: boolean
  readonly sentAt: number
  readonly receivedAt: number
  readonly authentication: Partial<Authentication>
}
export type Text = {
  readonly to: string
  readonly from: string
  readonly body: string
  readonly receivedAt: number
}

/** Everything of the relay but its sockets, its DNS and its clock. */
export type World = {
  readonly store: Store
  readonly utilities: Utilities
  readonly providers: InboxProviders
  /** The real way of a message: parse, judge, extract, one transaction. Refusals of retired addresses are counted. */
  mail(mail: Mail): Promise<void>
  text(text: Text): Promise<void>
  facts(connectionId: string, since: number): Promise<ConnectionFacts>
  close(): Promise<void>
}

/** A world on a SQLite store of its own, gone when it is closed. */
export async function openWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-year-'))
  const path = join(folder, 'relay.db')
  // The year is lived through again after a crash: nothing has to be flushed.
  const store = await openSqliteStore({ path, masterKeys: [KEY], pragmas: { synchronous: 'OFF' } })
  const { utilities } = loadUtilities({ builtInDir: BUILT_IN_UTILITIES })
  const { providers } = loadInboxProviders()
  return {
    store,
    utilities,
    providers,
    ...doors(store, utilities),
    async facts(connectionId, since) {
      const facts = await store.loadFacts(connectionId, since)
      if (!facts) throw new Error(`no connection ${connectionId}`)
      return facts
    },
    async close() {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const KEY = new Uint8Array(32).fill(1)

/** Where messages come in, as the real doors do it: what is retired is refused and counted. */
function doors(store: Store, utilities: Utilities): Pick<World, 'mail' | 'text'> {
  const known = new Map<string, Authentication>()
  const deps = receiveDeps(store, utilities, (id) => known.get(id) ?? NOTHING_KNOWN)
  return {
    async mail(mail) {
      const { to: address, envelopeSender, receivedAt: at } = mail
      const found = await store.findMailbox(address)
      if (found && found.mailbox.retiredAt !== null) {
        const { connectionId } = found.mailbox
        return store.countRefusal({ address, connectionId, sender: envelopeSender, at })
      }
      const message = toEmail(mail)
      const namedRecipients = [{ header: 'to', address } as const]
      known.set(message.id, { ...NOTHING_KNOWN, envelopeSender, namedRecipients, ...mail.authentication })
      await receive(deps, message).catch(ignoreUnknownRecipient)
      known.delete(message.id)
    },
    async text(text) {
      await receive(deps, toSms(text)).catch(ignoreUnknownRecipient)
    },
  }
}

/** What goes to the customer's own address never meets us. */
function ignoreUnknownRecipient(error: unknown): void {
  if (!(error instanceof Failure && error.code === 'not_found')) throw error
}

function receiveDeps(
  store: Store,
  utilities: Utilities,
  authenticationOf: (messageId: string) => Authentication,
): ReceiveDeps {
  const extractors = createExtractors(utilities)
  const read = createReader<Authentication>({
    parse: parseMime,
    extract: (utility, message) => extractors.extractFor(utility, message),
    authenticate: async ({ id }) => authenticationOf(id),
    judge: (facts, message, context, found) => {
      const utility = (context && utilities.get(context.connection.utility)) ?? null
      return judge(facts, message, context, utility, {
        ...found,
        newSenders: 'candidate',
        providers: new Map(),
      })
    },
  })
  return {
    store,
    wakeup: { notify: () => {} },
    read: (message, addressees) => read(message, addressees, () => {}),
    planCopies: () => [],
    findUtility: (id) => utilities.get(id),
    canonical: (recipient) => canonicalRecipient(recipient, OUR_DOMAIN),
    isOperator: () => false,
    metrics: { received: () => {} },
  }
}

function toEmail(mail: Mail): InboundMessage & { channel: 'email' } {
  const id = newId()
  const lines = [
    `From: ${mail.from}`,
    'To: customer@example.com',
    `Subject: ${mail.subject}`,
    `Date: ${new Date(mail.sentAt).toUTCString()}`,
    `Message-ID: <${id}@year.test>`,
    'MIME-Version: 1.0',
    `Content-Type: text/${mail.isHtml ? 'html' : 'plain'}; charset=utf-8`,
    '',
    mail.body,
  ]
  return {
    channel: 'email',
    id,
    door: 'smtp',
    receivedAt: mail.receivedAt,
    envelope: { sender: mail.envelopeSender, recipients: [mail.to] },
    client: { address: '192.0.2.1', tls: true },
    raw: new TextEncoder().encode(lines.join('\r\n')),
  }
}

const toSms = (text: Text): InboundMessage => ({
  channel: 'sms',
  id: newId(),
  door: 'test',
  receivedAt: text.receivedAt,
  sid: newId(),
  sender: text.from,
  recipient: text.to,
  body: text.body,
})
