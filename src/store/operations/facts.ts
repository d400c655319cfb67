import type { Attempt } from '../../domain/attempt.ts'
import type {
  ConfirmationFact,
  ConnectionFacts,
  MessageFact,
  NeighbourFact,
  PinFact,
  SenderFact,
} from '../../domain/connection-facts.ts'
import { brokeOnCode, endOf } from '../../domain/login-result.ts'
import type { Channel } from '../../domain/message.ts'
import type { Context } from '../context.ts'
import { toAttempt } from '../rows.ts'
import type { Row } from '../schema.ts'
import { mailboxesOf } from './mailboxes.ts'
import { refusalsOf } from './refusals.ts'

/** More than this in the time asked for says nothing new. */
const MESSAGE_LIMIT = 1000
const ATTEMPT_LIMIT = 400
/** Neighbours are asked about the newest broken logins only. */
const NEIGHBOUR_LOGINS = 3
const NEIGHBOUR_LIMIT = 20
const SKEW_MS = 120_000

/**
 * What is known about a connection's logins. A read of several statements: belongs to the reader, in one snapshot.
 * Null: no such connection.
 */
export async function loadFacts(
  context: Context,
  connectionId: string,
  since: number,
): Promise<ConnectionFacts | null> {
  const row = await findOwner(context, connectionId)
  if (!row) return null
  const attempts = await attemptsOf(context, connectionId, since)
  const connection = toConnectionFact(row)
  const neighbourhood = await neighboursOf(context, connection, attempts)
  const shared = (message: MessageFact): boolean =>
    message.forwardedBy !== null && connection.inboxAddresses.includes(message.forwardedBy)
  const own = await messagesOf(context, connectionId, since)
  return {
    connection,
    company: { isActive: row.is_active === 1, features: { smsRelay: row.sms_relay === 1 } },
    mailboxes: (await mailboxesOf(context, connectionId)).map(({ providerSid: _, ...mailbox }) => mailbox),
    attempts,
    messages: [...own, ...neighbourhood.filter(shared)],
    neighbours: neighbourhood.filter((message) => !shared(message)),
    refusals: await refusalsOf(context, connectionId, since),
    senders: await sendersOf(context, connectionId),
    pins: await pinsOf(context, connectionId),
    confirmations: await confirmationsOf(context, connectionId),
  }
}

const findOwner = ({ db }: Context, connectionId: string) =>
  db
    .selectFrom('connection')
    .innerJoin('company', 'company.id', 'connection.company_id')
    .select(['connection.id', 'connection.company_id', 'connection.utility', 'connection.mfa_method'])
    .select(['connection.inbox_addresses', 'connection.status', 'connection.created_at'])
    .select(['company.is_active', 'company.sms_relay'])
    .where('connection.id', '=', connectionId)
    .where('connection.deleted_at', 'is', null)
    .executeTakeFirst()

const toConnectionFact = (
  row: NonNullable<Awaited<ReturnType<typeof findOwner>>>,
): ConnectionFacts['connection'] => ({
  id: row.id,
  companyId: row.company_id,
  utility: row.utility,
  mfaMethod: row.mfa_method,
  inboxAddresses: JSON.parse(row.inbox_addresses),
  status: row.status,
  createdAt: row.created_at,
})

async function attemptsOf({ db }: Context, connectionId: string, since: number): Promise<Attempt[]> {
  const rows = await db
    .selectFrom('attempt')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('opened_at', '>=', since)
    .orderBy('opened_at', 'desc')
    .limit(ATTEMPT_LIMIT)
    .execute()
  return rows.map(toAttempt).reverse()
}

/** Rows of messages with the code each brought, if retention has left it. What a person typed in came no way at all. */
const messageRows = ({ db }: Context) =>
  db
    .selectFrom('message')
    .leftJoin('code', 'code.message_id', 'message.id')
    .select(['message.id', 'message.mailbox', 'message.connection_id', 'message.channel'])
    .select(['message.sender', 'message.sender_domain', 'message.forwarded_by'])
    .select(['message.sent_at', 'message.received_at', 'message.verdict', 'message.verdict_reasons'])
    .select(['message.released_at', 'message.extraction_kind', 'message.extraction_reason', 'message.rule'])
    .select(['code.state', 'code.attempt_id', 'code.expires_at'])
    .where('message.channel', '<>', 'manual')
    .$narrowType<{ channel: Channel }>()

type MessageRow = Awaited<ReturnType<ReturnType<typeof messageRows>['execute']>>[number]

async function messagesOf(context: Context, connectionId: string, since: number): Promise<MessageFact[]> {
  const rows = await messageRows(context)
    .where('message.connection_id', '=', connectionId)
    .where('message.received_at', '>=', since)
    .orderBy('message.received_at', 'desc')
    .orderBy('message.id', 'desc')
    .limit(MESSAGE_LIMIT)
    .execute()
  return rows.map(toMessageFact).reverse()
}

const toMessageFact = (row: MessageRow): MessageFact => ({
  id: row.id,
  mailbox: row.mailbox,
  connectionId: row.connection_id ?? '',
  channel: row.channel,
  sender: row.channel === 'email' ? row.sender_domain : row.sender,
  address: row.sender,
  forwardedBy: row.forwarded_by,
  sentAt: row.sent_at,
  receivedAt: row.received_at,
  verdict: row.verdict,
  reasons: JSON.parse(row.verdict_reasons),
  isReleased: row.released_at !== null,
  extraction: row.extraction_kind,
  extractionReason: row.extraction_reason,
  rule: row.rule,
  code:
    row.state === null ? null : { state: row.state, attemptId: row.attempt_id, expiresAt: row.expires_at! },
})

/** What came to the company's other connections at this utility while this one's newest broken logins ran. */
async function neighboursOf(
  context: Context,
  { id, companyId, utility }: ConnectionFacts['connection'],
  attempts: readonly Attempt[],
): Promise<NeighbourFact[]> {
  const others = context.db
    .selectFrom('connection')
    .select('id')
    .where('company_id', '=', companyId)
    .where('utility', '=', utility)
    .where('id', '<>', id)
    .where('deleted_at', 'is', null)
  const found = new Map<string, NeighbourFact>()
  for (const attempt of attempts.filter(brokeOnCode).slice(-NEIGHBOUR_LOGINS)) {
    const rows = await messageRows(context)
      .where('message.connection_id', 'in', others)
      .where('message.received_at', '>=', attempt.openedAt - SKEW_MS)
      .where('message.received_at', '<=', endOf(attempt) + SKEW_MS)
      .orderBy('message.received_at')
      .limit(NEIGHBOUR_LIMIT)
      .execute()
    for (const message of rows.map(toMessageFact)) {
      found.set(message.id, { ...message, hadOwnLogin: await hadLogin(context, message) })
    }
  }
  return [...found.values()]
}

async function hadLogin({ db }: Context, { connectionId, receivedAt }: MessageFact): Promise<boolean> {
  const row: Row<'attempt'> | undefined = await db
    .selectFrom('attempt')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('opened_at', '<=', receivedAt)
    .orderBy('opened_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined && endOf(toAttempt(row)) >= receivedAt
}

/** By what codes were believed: From domains, or senders of texts. */
async function sendersOf({ db }: Context, connectionId: string): Promise<SenderFact[]> {
  const rows = await db
    .selectFrom('message')
    .select((eb) => [
      'channel',
      eb.fn.coalesce('sender_domain', 'sender').as('sender'),
      eb.fn.min('received_at').as('first_at'),
      eb.fn.max('received_at').as('last_at'),
      eb.fn.countAll<number>().as('messages'),
    ])
    .where('connection_id', '=', connectionId)
    .where('channel', '<>', 'manual')
    .where('extraction_kind', '=', 'code')
    .where((eb) => eb.or([eb('verdict', '<>', 'untrusted'), eb('released_at', 'is not', null)]))
    .groupBy((eb) => ['channel', eb.fn.coalesce('sender_domain', 'sender')])
    .$narrowType<{ channel: Channel }>()
    .execute()
  return rows.flatMap(({ channel, sender, first_at, last_at, messages }) =>
    sender === null
      ? []
      : [
          {
            channel,
            sender,
            firstSeenAt: Number(first_at),
            lastSeenAt: Number(last_at),
            messages: Number(messages),
          },
        ],
  )
}

async function pinsOf({ db }: Context, connectionId: string): Promise<PinFact[]> {
  const rows = await db
    .selectFrom('sender_pin')
    .select(['channel', 'sender', 'created_at'])
    .where('connection_id', '=', connectionId)
    .orderBy('created_at')
    .execute()
  return rows.map(({ channel, sender, created_at }) => ({ channel, sender, pinnedAt: created_at }))
}

async function confirmationsOf({ db }: Context, connectionId: string): Promise<ConfirmationFact[]> {
  const rows = await db
    .selectFrom('message')
    .select(['id', 'received_at'])
    .where('connection_id', '=', connectionId)
    .where('extraction_kind', '=', 'forwarding_confirmation')
    .where((eb) => eb.or([eb('verdict', '<>', 'untrusted'), eb('released_at', 'is not', null)]))
    .orderBy('received_at')
    .execute()
  return rows.map(({ id, received_at }) => ({ messageId: id, receivedAt: received_at }))
}
