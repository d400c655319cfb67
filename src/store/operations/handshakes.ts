import { HANDSHAKE_WINDOW_MS, type InboxHandshake } from '../../domain/handshake.ts'
import { newId } from '../../domain/id.ts'
import { canonicalInbox } from '../../domain/inbox-address.ts'
import type { Context, Operations } from '../context.ts'
import { toMessage } from '../rows.ts'
import type { Row } from '../schema.ts'
import type { MfaSetup } from '../store.ts'
import { audit } from './audit.ts'
import { withBodyFlag } from './messages.ts'

/** Providers ask once or twice; a hundred questions are somebody's game. */
const MOST_CONFIRMATIONS = 20

/** Inboxes that are to forward to us: what writes. */
export const handshakeWrites: Operations<'noteConfirmation' | 'openProof' | 'noteProof'> = {
  async noteConfirmation(context, connectionId, inbox, { messageId, now, result, nextTryAt }) {
    const isConfirmed = result === 'confirmed'
    await context.db
      .updateTable('inbox_handshake')
      .set({ tried_message_id: messageId, last_result: result, next_try_at: nextTryAt })
      .set((eb) => ({ tries: eb('tries', '+', 1), ...(isConfirmed ? { confirmed_at: now } : {}) }))
      .where('connection_id', '=', connectionId)
      .where('inbox', '=', inbox)
      .execute()
    if (!isConfirmed) return
    const subject = `connection:${connectionId}`
    const entry = { at: now, actor: 'relay', action: 'forwarding.confirmed', subject, detail: inbox }
    await audit(context, entry)
  },
  async openProof(context, connectionId, inbox, { deliveryId, now }) {
    const { numUpdatedRows } = await context.db
      .updateTable('inbox_handshake')
      .set({ proof_delivery_id: deliveryId, proof_sent_at: now, proof_returned_at: null })
      .where('connection_id', '=', connectionId)
      .where('inbox', '=', inbox)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return false
    await writeProof(context, { id: deliveryId, connectionId, inbox, now })
    return true
  },
  async noteProof({ db }, connectionId, deliveryId, now) {
    const { numUpdatedRows } = await db
      .updateTable('inbox_handshake')
      .set({ proof_returned_at: now })
      .where('connection_id', '=', connectionId)
      .where('proof_delivery_id', '=', deliveryId)
      .where('proof_returned_at', 'is', null)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },
}

/** A delivery belongs to a recipient: for an inbox that is none, one that gets nothing else. */
async function writeProof(
  { db }: Context,
  proof: { id: string; connectionId: string; inbox: string; now: number },
): Promise<void> {
  const owner = { connection_id: proof.connectionId, channel: 'email', address: proof.inbox } as const
  await db
    .insertInto('recipient')
    .values({
      ...owner,
      id: newId(),
      state: 'stopped',
      stop_reason: 'removed',
      created_at: proof.now,
      stopped_at: proof.now,
    })
    .onConflict((conflict) => conflict.columns(['connection_id', 'channel', 'address']).doNothing())
    .execute()
  const { id: recipientId } = await db
    .selectFrom('recipient')
    .select('id')
    .where('connection_id', '=', owner.connection_id)
    .where('channel', '=', owner.channel)
    .where('address', '=', owner.address)
    .executeTakeFirstOrThrow()
  await db
    .insertInto('delivery')
    .values({
      id: proof.id,
      kind: 'inbox_proof',
      courier: 'email',
      recipient_id: recipientId,
      address: proof.inbox,
      connection_id: proof.connectionId,
      message_id: null,
      state: 'due',
      due_at: proof.now,
      tries: 0,
      created_at: proof.now,
    })
    .execute()
}

/** Inboxes that are to forward to us: what reads. */
export const handshakeReads: Operations<'listUnconfirmed'> = {
  async listUnconfirmed(context, now, limit) {
    const rows = await context.db
      .selectFrom('inbox_handshake')
      .innerJoin('connection', 'connection.id', 'inbox_handshake.connection_id')
      .selectAll('inbox_handshake')
      .where('connection.deleted_at', 'is', null)
      .where('open_until', '>', now)
      .where('confirmed_at', 'is', null)
      .orderBy('open_until')
      .execute()
    const found = []
    for (const row of rows) {
      if (found.length >= limit) break
      const asked = (await confirmationsOf(context, row.connection_id)).find(
        ({ requester, isAuthentic }) => isAuthentic && requester === row.inbox,
      )
      if (!asked?.link) continue
      const wasTried = row.tried_message_id === asked.messageId
      if (wasTried && (row.next_try_at === null || row.next_try_at > now)) continue
      const { messageId, provider, link } = asked
      const tries = wasTried ? row.tries : 0
      found.push({ connectionId: row.connection_id, inbox: row.inbox, messageId, provider, link, tries })
    }
    return found
  },
}

/** Listens for what the providers of these inboxes ask, from now on; forgets the others. */
export async function openHandshakes(
  { db }: Context,
  connectionId: string,
  { method, inboxAddresses }: Pick<MfaSetup, 'method' | 'inboxAddresses'>,
  now: number,
): Promise<void> {
  const gone = db.deleteFrom('inbox_handshake').where('connection_id', '=', connectionId)
  await (inboxAddresses.length > 0 ? gone.where('inbox', 'not in', inboxAddresses) : gone).execute()
  if (method !== 'inbox_forwarding' || inboxAddresses.length === 0) return
  const open_until = now + HANDSHAKE_WINDOW_MS
  await db
    .insertInto('inbox_handshake')
    .values(
      inboxAddresses.map((inbox) => ({
        connection_id: connectionId,
        inbox,
        opened_at: now,
        open_until,
        tries: 0,
      })),
    )
    .onConflict((conflict) => conflict.columns(['connection_id', 'inbox']).doUpdateSet({ open_until }))
    .execute()
}

export type AskedConfirmation = {
  readonly messageId: string
  readonly provider: string
  /** Canonical. */
  readonly requester: string | null
  /** Null for what is only pointed out. */
  readonly link: string | null
  readonly code: string | null
  readonly receivedAt: number
  /** By our checks; a person may have released another. */
  readonly isAuthentic: boolean
}

/** Believed ones, newest first: a link that a stranger sent must never be shown as the provider's. */
export async function confirmationsOf(
  { db, sealer }: Context,
  connectionId: string,
): Promise<AskedConfirmation[]> {
  const rows = await withBodyFlag(db)
    .where('connection_id', '=', connectionId)
    .where('extraction_kind', '=', 'forwarding_confirmation')
    .where((eb) => eb.or([eb('verdict', '<>', 'untrusted'), eb('released_at', 'is not', null)]))
    .orderBy('received_at', 'desc')
    .limit(MOST_CONFIRMATIONS)
    .execute()
  return rows.flatMap((row) => {
    if (!row.extraction) return []
    const { extraction, verdict, releasedAt } = toMessage(row, sealer)
    if (extraction.kind !== 'forwarding_confirmation') return []
    const isAuthentic = verdict.level === 'trusted'
    const mayShow = isAuthentic || releasedAt !== null
    const { provider, requester, link = null, code = null } = extraction
    return [
      {
        messageId: row.id,
        provider,
        requester: requester === undefined ? null : canonicalInbox(requester),
        link: mayShow ? link : null,
        code: mayShow ? code : null,
        receivedAt: row.received_at,
        isAuthentic,
      },
    ]
  })
}

/** How far each inbox has come, in order of their addresses. */
export async function handshakesOf(
  context: Context,
  connectionId: string,
  asked: readonly AskedConfirmation[],
): Promise<InboxHandshake[]> {
  const rows = await context.db
    .selectFrom('inbox_handshake')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .orderBy('inbox')
    .execute()
  return Promise.all(
    rows.map(async (row) => ({
      inbox: row.inbox,
      openedAt: row.opened_at,
      openUntil: row.open_until,
      seenAt: asked.find(({ requester }) => requester === row.inbox)?.receivedAt ?? null,
      confirmedAt: row.confirmed_at,
      provenAt: row.proof_returned_at ?? (await firstCodeThrough(context, row)),
      proofSentAt: row.proof_sent_at,
    })),
  )
}

/** A code of the utility's own that came through the inbox: what all of this is for. */
async function firstCodeThrough({ db }: Context, row: Row<'inbox_handshake'>): Promise<number | null> {
  const found = await db
    .selectFrom('message')
    .select((eb) => eb.fn.min('received_at').as('at'))
    .where('connection_id', '=', row.connection_id)
    .where('forwarded_by', '=', row.inbox)
    .where('verdict', '=', 'trusted')
    .where('extraction_kind', '=', 'code')
    .where('received_at', '>=', row.opened_at)
    .executeTakeFirst()
  return found?.at ?? null
}
