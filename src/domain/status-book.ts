import type { ConnectionStatus } from './connection.ts'

/** Who can do something about a status: nobody needs to; the utility's site; the customer; ourselves. */
export type StatusGroup = 'standard' | 'website' | 'customer_action' | 'system'

type Entry = {
  readonly displayName: string
  readonly group: StatusGroup
  /** For people who see the status for the first time. */
  readonly meaning: string
}

/** What is published about each status. */
export const STATUS_BOOK: Readonly<Record<ConnectionStatus, Entry>> = {
  PENDING: {
    displayName: 'Pending',
    group: 'standard',
    meaning: 'New: the first login is still to come.',
  },
  UNDER_INVESTIGATION: {
    displayName: 'Under Investigation',
    group: 'standard',
    meaning: 'Our team is looking into it.',
  },
  CONNECTED: {
    displayName: 'Connected',
    group: 'standard',
    meaning: 'The last login worked.',
  },
  WEBSITE_DOWN: {
    displayName: 'Website Down',
    group: 'website',
    meaning: 'The utility’s site does not work at the moment. We try again.',
  },
  URL_INACCESSIBLE: {
    displayName: 'URL Inaccessible',
    group: 'website',
    meaning: 'The address of the utility’s site cannot be reached.',
  },
  NO_ACCOUNTS_FOUND: {
    displayName: 'No Accounts Found',
    group: 'website',
    meaning: 'The login works, but there is no utility account behind it.',
  },
  OTHER_ERROR: {
    displayName: 'Other Error',
    group: 'website',
    meaning: 'Something went wrong that no other status describes.',
  },
  MFA_TOKEN_EXPIRED: {
    displayName: 'MFA Token Expired',
    group: 'customer_action',
    meaning: 'The login could not get past the second factor.',
  },
  PASSWORD_INCORRECT: {
    displayName: 'Password Incorrect',
    group: 'customer_action',
    meaning: 'The utility’s site did not take the user name and password.',
  },
  NEW_PASSWORD_NEEDED: {
    displayName: 'New Password Needed',
    group: 'customer_action',
    meaning: 'The utility’s site wants a new password before it lets anybody in.',
  },
  ADDITIONAL_CREDENTIALS_NEEDED: {
    displayName: 'Additional Credentials Needed',
    group: 'customer_action',
    meaning: 'The utility’s site asks for something that we do not have.',
  },
  COMPANY_INACTIVE: {
    displayName: 'Company Inactive',
    group: 'system',
    meaning: 'The company is deactivated: no logins. Mail is still kept.',
  },
}

/** Statuses that new credentials may mend. */
export const CREDENTIAL_STATUSES: readonly ConnectionStatus[] = [
  'PASSWORD_INCORRECT',
  'NEW_PASSWORD_NEEDED',
  'ADDITIONAL_CREDENTIALS_NEEDED',
]
