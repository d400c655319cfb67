import type { MfaMethod } from '../../domain/connection.ts'
import type { LadderRung } from '../../utilities/definition.ts'

/** What is true of a rung at every utility. */
export type RungBook = {
  /** What it asks of the customer, in a sentence. */
  readonly asksCustomer: string
  /** How it is known to break, in sentences for support. */
  readonly failureModes: readonly string[]
  /** The set-up of a connection that stands on this rung; null: it is no set-up of ours. */
  readonly method: MfaMethod | null
}

/** The rungs in their general order: from what costs least trouble to what works only here and there. */
export const RUNGS: Readonly<Record<LadderRung, RungBook>> = {
  upload_documents: {
    asksCustomer: 'Send or upload your bills as PDF. Nothing changes at the utility’s site.',
    failureModes: ['Somebody has to do it for every bill.'],
    method: null,
  },
  disable_mfa: {
    asksCustomer:
      'Turn the second factor off in the security settings of the utility’s site, then reconnect.',
    failureModes: [
      'The utility may turn it on again, or ask all the same on a device it does not know.',
      'The customer’s organisation may require a second factor.',
    ],
    method: 'disabled',
  },
  security_questions: {
    asksCustomer: 'Choose security questions at the utility’s site and give us the answers once.',
    failureModes: [
      'An answer that is changed at the site no longer matches ours.',
      'Case and spaces may count.',
    ],
    method: 'security_questions',
  },
  managed_forwarding: {
    asksCustomer:
      'Enter the address that we give you as the place for codes at the utility’s site. You get copies.',
    failureModes: [
      'Somebody sets another address at the site later.',
      'The site may not take a third party’s address, or may ask to confirm it.',
    ],
    method: 'managed_forwarding',
  },
  inbox_forwarding: {
    asksCustomer:
      'Keep your address at the utility’s site and add a rule to your inbox that forwards its codes to us.',
    failureModes: [
      'Company policies block forwarding to outside, often without a word.',
      'The utility changes its sender, and the rule does not name the new one.',
      'The mail provider turns the rule off after a suspicious sign-in.',
      'Slow forwarding outlives the code.',
    ],
    method: 'inbox_forwarding',
  },
  sms: {
    asksCustomer:
      'Enter the phone number that we give you as the place for codes at the utility’s site. You get copies.',
    failureModes: [
      'Not every number can receive texts from short codes: a test comes first.',
      'The site may refuse numbers that belong to no mobile phone.',
    ],
    method: 'sms',
  },
  authenticator: {
    asksCustomer:
      'Set up the authenticator app anew at the utility’s site and give us its set-up key. Keep it in your own app too.',
    failureModes: [
      'The key is void once the app is set up again.',
      'A code that was used once is refused at some sites.',
    ],
    method: 'authenticator',
  },
  automatic: {
    asksCustomer: 'Nothing: the login usually works without a code.',
    failureModes: ['The utility starts to ask for a code, and there is nowhere for it to come.'],
    method: 'automatic',
  },
}

/** The general order. */
export const GENERAL_ORDER = Object.keys(RUNGS) as readonly LadderRung[]
