import type Database from 'better-sqlite3'
import { COMPANY_SECTIONS, CONNECTION_SECTIONS, type ExportSection } from '../../../src/domain/export.ts'
import { newId } from '../../../src/domain/id.ts'
import type { InboundRecord } from '../../../src/domain/inbound-record.ts'
import type { Context } from '../../../src/store/context.ts'
import { SECTIONS } from '../../../src/store/operations/export-sections.ts'
import { writes } from '../../../src/store/operations/index.ts'
import { prepareSave } from '../../../src/store/sqlite/save.ts'
import { attempt, FIRST_PAGE, record, T0 } from '../samples.ts'
import type { OperationCase, Run } from './operation-cases.ts'

type LifeWorld = {
  readonly database: Database.Database
  readonly context: Context
  readonly companyId: string
  readonly connectionId: string
}

/** What happens to a connection beside its logins. */
export function lifeCases(
  run: Run,
  { database, context, companyId, connectionId }: LifeWorld,
): OperationCase[] {
  const at = T0 + 5e6
  const test = (askedAt: number) => ({
    id: newId(),
    connectionId,
    askedAt,
    askedBy: 'x',
    expiresAt: askedAt + 1e6,
    attemptId: null,
  })
  const lease = (now: number) => ({ attemptId: newId(), runner: 'r', now, expiresAt: now + 1, actor: 'x' })
  const typed = (now: number) => ({
    messageId: newId(),
    codeId: newId(),
    connectionId,
    code: '482913',
    actor: 'x',
    now,
    expiresAt: now + 1e5,
  })
  const bills = { address: 'bills-x@relay.test', companyId, createdAt: at }
  const noteBills = ({ mailbox, dedupeKey }: InboundRecord) =>
    writes.noteBillMail(context, { mailbox, dedupeKey, companyId, now: at })
  const save = async (): Promise<InboundRecord> => {
    const mail = record(null, { mailbox: bills.address })
    prepareSave(database, context.sealer).saveInbound([mail])
    return mail
  }
  const check = {
    id: newId(),
    connectionId,
    address: '+14155550123',
    token: 't',
    askedAt: at,
    arrivedAt: null,
    error: null,
  }
  return [
    run('askTestLogin', test(at), { scope: 's', key: 'test', fingerprint: 'f' }),
    run('leaseLogin', { ...lease(at), companyId: 'nothing' }),
    run('leaseLogin', { ...lease(at), utilities: ['pge', 'sandbox-power'] }),
    run('listTestLogins', connectionId, FIRST_PAGE),
    run('askTestLogin', test(at + 2e6)),
    run('leaseLogin', lease(at + 2e6)),
    run('openAttempt', attempt(connectionId, { openedAt: at + 4e6, expiresAt: at + 5e6 })),
    run('typeCode', typed(at + 4e6)),
    run('typeCode', typed(at + 4e6)),
    run('getLoginPlan', connectionId, at),
    run('createBillAddress', bills),
    run('listBillAddresses', companyId),
    run('findBillOwner', bills.address),
    { name: 'noteBillMail', act: async () => noteBills(await save()) },
    run('nextBillMailAt'),
    run('claimBillMail', { now: at, leaseUntil: at + 1 }),
    run('settleBillMail', 'x', { result: 'documents', jobId: null, documents: 0, ignored: 0 }),
    run('listBillMail', companyId, FIRST_PAGE),
    run('retireBillAddress', companyId, bills.address, at),
    run('openNumberCheck', check, { actor: 'x', pauseMs: 1 }),
    run('failNumberCheck', check.id, 'x'),
    run('noteNumberCheck', check.address, check.token, at),
    run('getNumberCheck', connectionId, check.address),
  ]
}

/** Each section from its beginning and from its middle. */
export function exportCases(
  run: Run,
  { companyId, connectionId }: { companyId: string; connectionId: string },
): OperationCase[] {
  const page = (section: ExportSection, ownerId: string) =>
    [null, SECTIONS[section].key.map(() => 0)].map((after) =>
      run('exportRows', { section, ownerId, after, limit: 10 }),
    )
  return [
    ...[...COMPANY_SECTIONS, 'connection' as const].flatMap((section) => page(section, companyId)),
    ...CONNECTION_SECTIONS.flatMap((section) => page(section, connectionId)),
    run('exportMessages', connectionId, null, 10),
    run('exportMessages', connectionId, [0, 'x'], 10),
  ]
}

/** The end of it all: after everything else, as it leaves nothing to work on. */
export function erasureCases(run: Run, { companyId }: { companyId: string }): OperationCase[] {
  const step = { now: T0 + 9e6, limit: 100 }
  const owed = { providerSid: 'PN1', address: '+14155550129', now: T0 }
  return [
    run('oweNumber', owed),
    run('listOwedNumbers', T0, 10),
    run('noteNumberRelease', 'PN1', { error: 'x', nextTryAt: T0 + 1 }),
    run('noteNumberRelease', 'PN1', null),
    run('beginErasure', companyId, { actor: 'x', now: T0 }),
    run('getErasure', companyId),
    run('listErasures'),
    ...Array.from({ length: 30 }, () => run('eraseSome', companyId, step)),
  ]
}
