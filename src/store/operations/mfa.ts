import type { ChangedField } from '../../domain/event.ts'
import type { Context, Operations } from '../context.ts'
import { toConnection, toRecipient } from '../rows.ts'
import type { Row } from '../schema.ts'
import type { MfaSetup, MfaState } from '../store.ts'
import { writeAnswers } from './answers.ts'
import { findRow, isNewSecret, sealColumn } from './connections.ts'
import { tellChanged } from './events.ts'
import { type AskedConfirmation, confirmationsOf, handshakesOf, openHandshakes } from './handshakes.ts'
import { addMailboxes, mailboxesOf } from './mailboxes.ts'
import { setRecipients } from './recipients.ts'
import { writeCodeSources } from './sources.ts'
import { moveQuietly } from './status.ts'

/** How a connection's codes come, and who gets copies: what writes. */
export const mfaWrites: Operations<'configureMfa'> = {
  async configureMfa(context, connectionId, setup, now) {
    const { db, sealer } = context
    const before = await findRow(context, connectionId)
    const row = await db
      .updateTable('connection')
      .set({
        mfa_method: setup.method,
        inbox_addresses: JSON.stringify(setup.inboxAddresses),
        totp_secret: sealColumn(sealer, 'totp_secret', connectionId, setup.totpSecret),
        updated_at: now,
      })
      .set((eb) => ({ version: eb('version', '+', 1) }))
      .where('id', '=', connectionId)
      .where('deleted_at', 'is', null)
      .returningAll()
      .executeTakeFirst()
    if (!row || !before) return null
    const after = isNewWay(before, setup)
      ? await moveQuietly(context, row, { kind: 'mfa_configured' }, now, row.version)
      : row
    await writeCodeSources(context, toConnection(row, sealer))
    await addMailboxes(context, connectionId, setup.newMailboxes, now)
    await setRecipients(context, connectionId, setup.recipients, now)
    await openHandshakes(context, connectionId, setup, now)
    const secrets: ChangedField[] = []
    if (isNewSecret(context, before, 'totp_secret', setup.totpSecret)) secrets.push('totpSecret')
    const { securityQuestions } = setup
    if (securityQuestions && (await writeAnswers(context, row, securityQuestions)))
      secrets.push('securityQuestions')
    await tellChanged(context, before, after, now, { secrets })
    return mfaReads.getMfa(context, connectionId)
  },
}

/** Whether codes come another way from now on. Asking for what is there repairs nothing, nor do other recipients. */
const isNewWay = (
  before: Row<'connection'>,
  { method, inboxAddresses, newMailboxes, securityQuestions, totpSecret }: MfaSetup,
): boolean =>
  method !== before.mfa_method ||
  JSON.stringify(inboxAddresses) !== before.inbox_addresses ||
  newMailboxes.length > 0 ||
  securityQuestions !== undefined ||
  totpSecret !== undefined

/** How a connection's codes come, and who gets copies: what reads. */
export const mfaReads: Operations<'getMfa'> = {
  async getMfa(context, connectionId) {
    const { db } = context
    const row = await findRow(context, connectionId)
    if (!row) return null
    const recipients = await db
      .selectFrom('recipient')
      .selectAll()
      .where('connection_id', '=', connectionId)
      .orderBy('id')
      .execute()
    const failed = await db
      .selectFrom('delivery')
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .where('connection_id', '=', connectionId)
      .where('state', '=', 'failed')
      .executeTakeFirstOrThrow()
    const asked = await confirmationsOf(context, connectionId)
    const [newest] = asked
    return {
      method: row.mfa_method,
      inboxAddresses: JSON.parse(row.inbox_addresses),
      mailboxes: await mailboxesOf(context, connectionId),
      recipients: recipients.map(toRecipient),
      lastCodeAt: await lastCodeAt(context, connectionId),
      failedDeliveries: failed.total,
      forwardingConfirmation: newest ? withoutTrust(newest) : null,
      handshakes: await handshakesOf(context, connectionId, asked),
    }
  },
}

async function lastCodeAt({ db }: Context, connectionId: string): Promise<number | null> {
  const row = await db
    .selectFrom('message')
    .select('received_at')
    .where('connection_id', '=', connectionId)
    .where('extraction_kind', '=', 'code')
    .where('verdict', '<>', 'untrusted')
    .where('channel', '<>', 'manual')
    .orderBy('received_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.received_at ?? null
}

const withoutTrust = ({ isAuthentic: _, ...asked }: AskedConfirmation): MfaState['forwardingConfirmation'] =>
  asked
