import type { Migration } from './migration.ts'

/** What mail systems said of mails to people after they had taken them. */
export const noticeBounces: Migration = {
  number: 13,
  name: 'notice-bounces',
  statements: () => ['alter table notice_mail add column bounce_kind text'],
}
