import type Database from 'better-sqlite3'
import { judgeFailure } from '../../../src/domain/bounce.ts'
import { newId } from '../../../src/domain/id.ts'
import type { Context } from '../../../src/store/context.ts'
import { type Expired, removeExpired, selectExpired } from '../../../src/store/operations/expired.ts'
import { longReads, rowReads, writes } from '../../../src/store/operations/index.ts'
import { openBody } from '../../../src/store/operations/messages.ts'
import { prepareAttemptReads, prepareClaim } from '../../../src/store/sqlite/claim.ts'
import { prepareFindMailbox } from '../../../src/store/sqlite/find-mailbox.ts'
import { prepareSave } from '../../../src/store/sqlite/save.ts'
import type { Store } from '../../../src/store/store.ts'
import {
  attempt,
  codeRecord,
  company,
  connection,
  delivery,
  FIRST_PAGE,
  mfaSetup,
  rules,
  T0,
} from '../samples.ts'
import { documentCases } from './document-cases.ts'
import { eventCases } from './event-cases.ts'
import { erasureCases, exportCases, lifeCases } from './life-cases.ts'
import { noticeCases } from './notice-cases.ts'
import { trustCases } from './trust-cases.ts'

/** An operation, run so that it gets to all of its statements. */
export type OperationCase = { readonly name: string; readonly act: () => unknown }

const kysely = { ...writes, ...rowReads, ...longReads }

/** Every operation of the store on one connection, in an order in which each finds what it works on. */
export function operationCases(database: Database.Database, context: Context): OperationCase[] {
  const run = <K extends keyof typeof kysely>(name: K, ...args: Parameters<Store[K]>): OperationCase => ({
    name,
    act: () => (kysely[name] as (context: Context, ...args: unknown[]) => unknown)(context, ...args),
  })
  const owner = company()
  const login = connection(owner.id)
  const opened = attempt(login.id)
  const message = codeRecord(login.id)
  const basic = codeRecord(login.id)
  const verdict = { ...basic.verdict, level: 'untrusted' as const }
  const world: World = {
    database,
    context,
    owner,
    login,
    opened,
    message,
    quarantined: { ...basic, code: null, verdict },
  }
  return [
    ...provisioningCases(run, world),
    ...attemptCases(run, world),
    ...statusCases(run, world),
    ...outboxCases(run, world),
    ...rowReadCases(run, world),
    ...listCases(run, world),
    ...trustCases(run, {
      connectionId: login.id,
      save: (records) => prepareSave(database, context.sealer).saveInbound(records),
    }),
    ...lifeCases(run, { database, context, companyId: owner.id, connectionId: login.id }),
    ...documentCases(run, context, { companyId: owner.id, connectionId: login.id }),
    ...eventCases(run, context, { companyId: owner.id, connectionId: login.id }),
    ...noticeCases(run, context, { companyId: owner.id, connectionId: login.id }),
    ...retentionCases(run, world),
    ...exportCases(run, { companyId: owner.id, connectionId: login.id }),
    ...erasureCases(run, { companyId: owner.id }),
  ]
}

export type Run = <K extends keyof typeof kysely>(name: K, ...args: Parameters<Store[K]>) => OperationCase
type World = {
  readonly database: Database.Database
  readonly context: Context
  readonly owner: ReturnType<typeof company>
  readonly login: ReturnType<typeof connection>
  readonly opened: ReturnType<typeof attempt>
  readonly message: ReturnType<typeof codeRecord>
  readonly quarantined: Parameters<Store['saveInbound']>[0][number]
}

function provisioningCases(run: Run, { owner, login, message }: World): OperationCase[] {
  const recipients = [
    { channel: 'email', address: 'a@customer.test', state: 'pending' },
    { channel: 'sms', address: '+14155550100', state: 'confirmed' },
  ] as const
  const newMailboxes = [{ address: message.mailbox, channel: 'email', providerSid: null } as const]
  const securityQuestions = [{ question: 'q', answer: 'a' }]
  const setup = mfaSetup({ recipients, newMailboxes, securityQuestions, totpSecret: 'JBSWY3DPEHPK3PXP' })
  const key = {
    id: 'k',
    scope: 'admin',
    companyId: null,
    label: null,
    createdAt: T0,
    revokedAt: null,
  } as const
  const entry = { id: newId(), at: T0, actor: 'x', action: 'x', subject: 'x', detail: null }
  return [
    run('createCompany', owner),
    run('updateCompany', owner.id, { name: 'x' }, T0),
    run('createConnection', login, { password: 'secret' }),
    run('updateConnection', login.id, { url: 'x' }, T0),
    run('configureMfa', login.id, setup, T0),
    run('configureMfa', login.id, { ...setup, recipients: recipients.slice(0, 1) }, T0 + 1),
    run('configureMfa', login.id, setup, T0 + 2),
    run('takeNumber', login.id, ['+14155550123'], T0),
    run('createApiKey', key, 'h'),
    run('revokeApiKey', 'k', T0),
    run('writeAudit', entry),
    run('checkWritable'),
  ]
}

function attemptCases(run: Run, { database, context, opened, message, quarantined }: World): OperationCase[] {
  const hot = () => ({ ...prepareAttemptReads(database), ...prepareClaim(database, context.sealer) })
  const save = async () => {
    const { recipients } = (await longReads.getMfa(context, opened.connectionId))!
    const copies = [delivery(recipients[0]!.id)]
    prepareSave(database, context.sealer).saveInbound([{ ...message, deliveries: copies }, quarantined])
  }
  const key = { scope: 's', key: 'k', fingerprint: 'f' }
  return [
    { name: 'saveInbound', act: save },
    { name: 'findMailbox', act: () => prepareFindMailbox(database)(message.mailbox) },
    run('openAttempt', opened, key),
    run('extendAttempt', opened.id, { expiresAt: T0 + 1e6, now: T0 }),
    run('readAnswer', opened.id, 'q', { actor: 'x', now: T0 }),
    run('readAnswer', opened.id, 'another', { actor: 'x', now: T0 }),
    run('prefersTotp', opened.connectionId),
    run('claimTotp', opened.id, { actor: 'x', now: T0 }),
    run('claimTotp', opened.id, { actor: 'x', now: T0 }),
    { name: 'getAttempt', act: () => hot().getAttempt(opened.id) },
    { name: 'hasCode', act: () => hot().hasCode(opened.id, rules()) },
    { name: 'claimCode', act: () => hot().claimCode(opened.id, rules(), 'x') },
    { name: 'claimCode', act: () => hot().claimCode(opened.id, rules({ after: message.code.id }), 'x') },
    run('releaseMessage', quarantined.id, { actor: 'x', now: T0, pinSender: true }),
    run('closeAttempt', opened.id, { status: 'CONNECTED', code: 'rejected' }, T0),
    ...leaseCases(run, opened.connectionId),
  ]
}

function statusCases(run: Run, { owner, login }: World): OperationCase[] {
  const found = { cause: 'nothing_arrived', detail: 'x', suggestion: 'x' } as const
  const refused = { address: 'x', connectionId: login.id, sender: 'x', at: T0 }
  const by = { actor: 'x', now: T0 + 2e6 }
  return [
    run('investigate', login.id, { open: true, note: null }, by),
    run('applyDiagnosis', login.id, 5, found, T0 + 2e6),
    run('investigate', login.id, { open: false, note: null }, by),
    run('countRefusal', refused),
    run('loadFacts', login.id, 0),
    run('updateCompany', owner.id, { isActive: false }, T0),
    run('settleCompany', owner.id, T0, 10),
    run('updateCompany', owner.id, { isActive: true }, T0),
    run('settleCompany', owner.id, T0, 10),
    run('countStatuses', owner.id),
    run('findBroken', [login.id, 'x']),
    run('listRules', FIRST_PAGE),
    run('listUnsettled'),
    run('listStatusHistory', login.id, FIRST_PAGE),
  ]
}

/** Leases of everybody's, of some utilities' and of one company's; one that finds the login taken; one repeated. */
function leaseCases(run: Run, connectionId: string): OperationCase[] {
  const key = { scope: 's', key: 'lease', fingerprint: 'f' }
  const request = (now: number) => ({
    attemptId: newId(),
    runner: 'r',
    now,
    expiresAt: now + 1,
    actor: 'x',
  })
  const change = (now: number) => run('updateConnection', connectionId, { password: 'another' }, now)
  const utilities = ['pge', 'sandbox-power']
  return [
    change(T0 + 2e6),
    run('leaseLogin', request(T0 + 2e6), key),
    run('leaseLogin', request(T0 + 2e6), key),
    change(T0 + 2e6),
    run('leaseLogin', { ...request(T0 + 2e6), utilities }),
    change(T0 + 3e6),
    run('leaseLogin', { ...request(T0 + 3e6), utilities }),
    change(T0 + 4e6),
    run('leaseLogin', { ...request(T0 + 4e6), companyId: 'nothing' }),
    run('leaseLogin', request(T0 + 4e6)),
  ]
}

const delayed = { kind: 'delayed', status: null, text: 'x', stopsAfter: null } as const
const unknownUser = judgeFailure('5.1.1', 'x', true)

function outboxCases(run: Run, { database, context, login }: World): OperationCase[] {
  const lease = { now: T0 + 1e6, leaseUntil: T0 + 2e6, holder: 'node' }
  const request = { ...lease, limit: 5, limitEach: 5, busy: [] }
  const result = { kind: 'permanent', error: 'x', stopRecipient: true } as const
  const ids = () =>
    database.prepare<[], string>('select id from delivery where message_id is not null').pluck().all()
  return [
    run('claimDeliveries', request),
    run('releaseDeliveries', 'node'),
    { name: 'loadDelivery', act: () => longReads.loadDelivery(context, ids()[0]!) },
    {
      name: 'finishDelivery',
      act: () => writes.finishDelivery(context, ids()[0]!, result, { now: T0, nextDueAt: null }),
    },
    run('getDelivery', newId()),
    run('wasCopied', login.id, 'x', T0),
    ...[delayed, unknownUser].map((bounce) => ({
      name: 'noteBounce',
      act: () => writes.noteBounce(context, ids()[0]!, bounce, T0),
    })),
    {
      name: 'askRecipient',
      act: async () => {
        const stopped = (await longReads.getMfa(context, login.id))!.recipients[0]!
        await writes.stopRecipient(context, stopped.id, 'hard_bounces', T0)
        await context.db
          .updateTable('recipient')
          .set({ stop_reason: 'hard_bounces' })
          .where('id', '=', stopped.id)
          .execute()
        await writes.askRecipient(context, login.id, stopped.id, T0)
      },
    },
    run('nextDeliveryAt'),
    run('nextDeliveryAt', ['email']),
    run('countDueDeliveries', T0, 10),
    run('listDeliveries', login.id, FIRST_PAGE),
    run('confirmRecipient', newId(), T0),
    run('stopRecipient', newId(), 'x', T0),
    run('stopPhone', '+14155550100', T0),
    run('startPhone', '+14155550100', T0),
    ...([21_610, 30_005, null] as const).map((error) => ({
      name: 'noteSmsReport',
      act: () => reportOnText(context, ids()[0]!, error),
    })),
  ]
}

/** The copy by mail, as if it had been a text that nothing is known of. */
async function reportOnText(context: Context, id: string, error: number | null): Promise<void> {
  await context.db
    .updateTable('delivery')
    .set({ courier: 'sms', carrier_state: null })
    .where('id', '=', id)
    .execute()
  await writes.noteSmsReport(context, id, { sid: 'SM1', state: 'failed', error }, T0)
}

function rowReadCases(run: Run, { owner, login, message }: World): OperationCase[] {
  return [
    run('findApiKey', 'h'),
    run('getCompany', owner.id),
    run('getConnection', login.id),
    run('getMessage', message.id),
    run('getMfa', login.id),
    run('getRecipient', newId()),
    run('hasMessage', message.mailbox, 'x'),
  ]
}

function listCases(run: Run, { owner, login, opened }: World): OperationCase[] {
  return [
    run('listApiKeys'),
    run('listAudit', {}, FIRST_PAGE),
    run('listAudit', { subject: 'x' }, FIRST_PAGE),
    run('listCompanies', FIRST_PAGE),
    run('listConnections', {}, FIRST_PAGE),
    run('listConnections', { companyId: owner.id }, FIRST_PAGE),
    run('listConnections', { companyId: owner.id, needsAttention: true }, FIRST_PAGE),
    run('listConnections', { status: 'PENDING' }, FIRST_PAGE),
    run('listMessages', { connectionId: login.id }, FIRST_PAGE),
    run('listMessages', { connectionId: null }, FIRST_PAGE),
    run('listNumbers'),
    run('listSeen', opened.id, 10),
  ]
}

function retentionCases(run: Run, { context, login, message }: World): OperationCase[] {
  const late = T0 + 1e6
  const request = {
    codesBefore: late,
    bodiesBefore: late,
    documentsBefore: late,
    eventsBefore: late,
    idempotencyBefore: late,
    limit: 10,
  }
  let expired: Expired
  const select = async () => {
    expired = await selectExpired(context, request)
  }
  return [
    { name: 'openBody', act: () => openBody(context, message.id) },
    { name: 'selectExpired', act: select },
    { name: 'removeExpired', act: () => removeExpired(context, expired, late) },
    run('retireMailbox', login.id, message.mailbox, T0),
    run('deleteConnection', login.id, T0),
  ]
}
