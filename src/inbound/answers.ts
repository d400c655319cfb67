import type { Answers } from '../domain/answer.ts'
import { judgeReports } from '../domain/bounce.ts'
import { log } from '../log.ts'
import type { NoticeStore } from '../store/notice-store.ts'
import type { OutboxStore } from '../store/store.ts'

type AnswerStore = Pick<OutboxStore, 'getDelivery' | 'noteBounce'> &
  Pick<NoticeStore, 'getNoticeMail' | 'noteNoticeBounce'>

/**
 * What mail systems answer to our copies, and to mails that tell people what needs them, bound to what they answer.
 *
 * @param parse reads a return path; only those with a valid signature name a mail of ours
 */
export function answersTo(store: AnswerStore, parse: (recipient: string) => string | null): Answers {
  return {
    idOf: parse,
    async find(id) {
      const copy = await store.getDelivery(id)
      if (copy) return { kind: 'copy', id, address: copy.address, connectionId: copy.connectionId }
      const mail = await store.getNoticeMail(id)
      return mail && { kind: 'notice', id, address: mail.address, connectionId: null }
    },
    async note({ kind, id, address }, { reports = [] }, now) {
      const bounce = judgeReports(reports, address)
      if (bounce === null) return
      const isCopy = kind === 'copy'
      const noted = await (isCopy
        ? store.noteBounce(id, bounce, now)
        : store.noteNoticeBounce(id, bounce, now))
      const told = { kind: bounce.kind, status: bounce.status, stopped: noted?.stopped ?? false }
      if (isCopy) log.deliveryBounced({ deliveryId: id, ...told })
      else log.noticeBounced({ mailId: id, ...told })
    },
  }
}
