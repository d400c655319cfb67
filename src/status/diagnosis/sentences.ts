import type { MfaMethod } from '../../domain/connection.ts'
import type { Cause } from '../../domain/diagnosis.ts'
import type { Finding } from './diagnosis.ts'

/** What the customer's sentence depends on. */
type About = { readonly utility: string; readonly method: MfaMethod | null; readonly finding: Finding }

/**
 * What we say to the customer: what happened, without blame, and the one thing to do. Never an address of somebody
 * else, nor the words of a check.
 */
export const customerSentence = (about: About): string => SENTENCES[about.finding.cause](about)

const SENTENCES: Readonly<Record<Cause, (about: About) => string>> = {
  healthy: ({ utility }) => `Your ${utility} login works. There is nothing to do.`,
  nothing_arrived: ({ utility, method }) =>
    `We asked ${utility} for a sign-in code and none reached us. ${CHECK_FIRST[method ?? 'nothing'] ?? CHECK_FIRST.nothing}`,
  sender_moved: ({ utility, method }) =>
    method === 'inbox_forwarding'
      ? `${utility} now sends its codes from another address. We are taking care of our side; please add the new sender to the rule in your inbox.`
      : `${utility} now sends its codes from another address. We are taking care of it; you need not do anything.`,
  format_changed: ({ utility }) =>
    `${utility} has changed how its code messages look. We are teaching our reader the new look; you need not do anything.`,
  untrusted: ({ finding, utility }) =>
    finding.details?.failedCheck === 'forwarded_as_new_message'
      ? 'Your inbox sends us the code as a new message from you. Please change the rule to “Redirect” instead of “Forward”.'
      : finding.remedy === 'customer'
        ? 'A code reached us, but it was changed on its way through your mail system, so we did not use it. Please show your mail administrator the note below.'
        : `A message that looks like a code from ${utility} reached us, but we could not make sure that it is genuine. We are looking into it.`,
  arrived_late: ({ utility, finding }) =>
    finding.remedy === 'us'
      ? `The code from ${utility} came a little later than we waited. We are going to wait longer; you need not do anything.`
      : `The code from ${utility} came too late to be used. Letting ${utility} write to our address directly makes it faster.`,
  retired_address: ({ utility, finding }) =>
    `${utility} still sends your codes to an address that is no longer in use. Please replace it${finding.details?.activeAddress ? ` with ${finding.details.activeAddress}` : ' with the one we show you'}.`,
  other_connection: ({ utility }) =>
    `The code for this login went to the address of another of your ${utility} logins. Please check that each login names its own address.`,
  rejected_stale: ({ utility }) =>
    `${utility} did not accept the code because it was too old by then. We are looking into it and do not try again by ourselves, to keep your login from being locked.`,
  rejected_superseded: ({ utility }) =>
    `${utility} sent two codes, and we used the first. We do not try again by ourselves, to keep your login from being locked; please reconnect once.`,
  rejected_wrong: ({ utility, method }) =>
    method === 'security_questions'
      ? `${utility} did not accept the stored answer to its security question. Please enter it again, exactly as at ${utility}.`
      : method === 'authenticator'
        ? `${utility} did not accept the code of your authenticator. Please set it up anew and give us the new key.`
        : `${utility} did not accept the code. We are looking into it and do not try again by ourselves, to keep your login from being locked.`,
  account_locked: ({ utility }) =>
    `${utility} has locked your login for now. Please unlock it on their site, then reconnect; we do not try before that.`,
  forwarding_unconfirmed: () =>
    'Your mail provider still waits for you to confirm the forwarding. Please open the confirmation on your set-up page, and check that the rule is on.',
  works_on_and_off: ({ utility }) =>
    `Codes from ${utility} reach us only some of the time. A more direct way for them is steadier; we show you which.`,
  short_codes_blocked: ({ utility }) =>
    `The phone number we gave you cannot receive the kind of text that ${utility} sends. We are getting you another; please leave your own number at ${utility} until then.`,
  ambiguous: ({ utility }) =>
    `The message from ${utility} held several numbers, and we do not guess. We are teaching our reader which one is the code; you need not do anything.`,
  candidate_held: ({ utility }) =>
    `A code from ${utility} came from an address that is new to us. We are checking it; you need not do anything.`,
  not_collected: ({ utility }) =>
    `The code from ${utility} reached us, but our login did not pick it up. This is ours to fix; you need not do anything.`,
  never_asked: ({ utility }) =>
    `Our login did not get far enough for ${utility} to send a code. Your set-up is fine; we are looking into it.`,
  no_way_for_codes: ({ utility }) =>
    `${utility} now asks for a code when we sign in, and we have no way to receive it yet. Please choose one; it takes a few minutes.`,
  not_about_codes: ({ utility, finding }) =>
    finding.remedy === 'customer'
      ? `We could not sign in to ${utility} with what we have. Please reconnect.`
      : `${utility}’s site did not let us finish. We are looking into it; you need not do anything.`,
  unknown: ({ utility }) =>
    `We have not signed in to ${utility} yet, so there is nothing to report. A test login shows whether everything is in place.`,
}

/** Where the customer looks first when nothing came. */
const CHECK_FIRST: Partial<Record<MfaMethod | 'nothing', string>> & { nothing: string } = {
  managed_forwarding: 'Please check on their site that codes go to the address we gave you.',
  inbox_forwarding:
    'Please check that the forwarding rule in your inbox is on and that your organisation allows forwarding to outside.',
  sms: 'Please check on their site that codes go to the phone number we gave you.',
  nothing: 'Please check on their site where codes are sent.',
}
