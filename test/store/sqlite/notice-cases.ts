import { judgeFailure } from '../../../src/domain/bounce.ts'
import { newId } from '../../../src/domain/id.ts'
import type { NoticeMail } from '../../../src/domain/notice.ts'
import type { Context } from '../../../src/store/context.ts'
import { longReads, rowReads, writes } from '../../../src/store/operations/index.ts'
import { removeNoticesOf } from '../../../src/store/operations/notice-removal.ts'
import { noticeFailedCopy, writeNotice } from '../../../src/store/operations/notices.ts'
import { DAY, T0 } from '../samples.ts'
import type { OperationCase, Run } from './operation-cases.ts'

const unknownUser = judgeFailure('5.1.1', 'x', true)

/** The operations about telling people; each finds what it works on. */
export function noticeCases(
  run: Run,
  context: Context,
  owner: { readonly companyId: string; readonly connectionId: string },
): OperationCase[] {
  const { companyId, connectionId } = owner
  const rules = { now: T0, isOn: true, gatherMs: 0, spacingMs: 1, repeatMs: 1, limit: 10 }
  const lease = { now: T0 + DAY, leaseUntil: T0 + DAY, holder: 'node', limit: 9 }
  let mail: NoticeMail
  const finish = async (kind: 'failed' | 'sent') => {
    const result = kind === 'sent' ? { kind, told: ['x'] } : { kind, error: 'x', bounce: unknownUser }
    await writes.finishNoticeMail(context, mail.id, result, { now: T0, nextDueAt: null })
  }
  const copy = { kind: 'code_copy', connection_id: connectionId, recipient_id: newId() } as const
  const kinds = ['connection_broken', 'copies_failing', 'forwarding_unproven'] as const
  return [
    run('updateCompany', companyId, { contactEmail: 'contact@company.test', notices: true }, T0),
    ...kinds.map((kind) => ({
      name: 'writeNotice',
      act: () => writeNotice(context, kind, companyId, { connectionId }, T0),
    })),
    { name: 'noticeFailedCopy', act: () => noticeFailedCopy(context, copy, false, T0) },
    { name: 'noticeFailedCopy', act: () => noticeFailedCopy(context, copy, true, T0) },
    run('findUnproven', { openedBefore: T0 + DAY, now: T0, limit: 5 }),
    run('planNotices', rules),
    run('planNotices', rules),
    run('nextNoticeAt'),
    {
      name: 'claimNoticeMails',
      act: async () => {
        mail = (await writes.claimNoticeMails(context, lease))[0]!
      },
    },
    run('claimNoticeMails', lease),
    run('releaseNoticeMails', 'node'),
    { name: 'loadNoticeMail', act: () => longReads.loadNoticeMail(context, mail.id) },
    {
      name: 'getNoticeContact',
      act: () => rowReads.getNoticeContact(context, mail.contactId),
    },
    { name: 'finishNoticeMail', act: () => finish('sent') },
    { name: 'getNoticeMail', act: () => rowReads.getNoticeMail(context, mail.id) },
    { name: 'noteNoticeBounce', act: () => writes.noteNoticeBounce(context, mail.id, unknownUser, T0) },
    { name: 'finishNoticeMail', act: () => finish('failed') },
    run('stopNotices', newId(), T0),
    { name: 'removeNoticesOf', act: () => removeNoticesOf(context, connectionId) },
  ]
}
