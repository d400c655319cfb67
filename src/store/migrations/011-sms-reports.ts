import type { Migration } from './migration.ts'

/** What Twilio tells later of the texts that we sent. */
export const smsReports: Migration = {
  number: 11,
  name: 'sms-reports',
  statements: () => [
    'alter table delivery add column carrier_state text',
    'alter table delivery add column delivered_at bigint',
  ],
}
