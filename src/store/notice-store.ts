import type { Bounce } from '../domain/bounce.ts'
import type { NoticeContent, NoticeMail } from '../domain/notice.ts'

/*
 * The part of the store's port that is about telling people. That something is to be told is written with what it is
 * about; whom, when, and in which mail is planned afterwards, and what no longer holds is left out of the mail.
 */

export type NoticeStore = {
  /** Decides about up to `limit` of what has happened. Resolves to how many: call again until that is 0. */
  planNotices(rules: NoticeRules): Promise<number>
  /** Finds inboxes that were to forward and from which nothing has come. Resolves to how many were looked at. */
  findUnproven(request: {
    readonly openedBefore: number
    readonly now: number
    readonly limit: number
  }): Promise<number>
  claimNoticeMails(request: {
    readonly now: number
    readonly leaseUntil: number
    readonly holder: string
    readonly limit: number
  }): Promise<NoticeMail[]>
  /** What the mail is to say, as of now; null: nothing any more, or its reader wants none. */
  loadNoticeMail(id: string): Promise<NoticeContent | null>
  finishNoticeMail(
    id: string,
    result: NoticeResult,
    when: { readonly now: number; readonly nextDueAt: number | null },
  ): Promise<void>
  releaseNoticeMails(holder: string): Promise<number>
  nextNoticeAt(): Promise<number | null>
  getNoticeContact(id: string): Promise<NoticeContact | null>
  /** A mail, and to whom it went; null when it is no longer kept. */
  getNoticeMail(id: string): Promise<{ readonly id: string; readonly address: string } | null>
  /**
   * Writes down that a mail came back; telling it twice changes nothing. So many hard ones in a row as `bounce` says
   * end mails to that person. Null: no such mail.
   */
  noteNoticeBounce(id: string, bounce: Bounce, now: number): Promise<{ stopped: boolean } | null>
  /** Ends all mails of this kind to somebody. False: no such person. */
  stopNotices(contactId: string, now: number): Promise<boolean>
}

export type NoticeRules = {
  readonly now: number
  /** False: nobody is told anything. */
  readonly isOn: boolean
  /** So long is gathered what goes into one mail. */
  readonly gatherMs: number
  /** The least time between two mails to one person. */
  readonly spacingMs: number
  /** The least time before somebody is told the same thing again. */
  readonly repeatMs: number
  readonly limit: number
}
export type NoticeResult =
  /** `told`: the notices that were still so. */
  | { readonly kind: 'sent'; readonly told: readonly string[] }
  | { readonly kind: 'dropped' }
  | {
      readonly kind: 'failed'
      readonly error: string
      readonly isFinal?: boolean
      /** It was refused in a way that says something about the mailbox. */
      readonly bounce?: Bounce
    }
export type NoticeContact = {
  readonly id: string
  readonly address: string
  readonly companyName: string
  readonly isStopped: boolean
}
