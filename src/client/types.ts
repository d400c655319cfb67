/* What the relay's API says and takes, as far as a login runner needs it. Instants are ISO 8601. */

/** How a login may end. */
export type Status =
  | 'CONNECTED'
  | 'UNDER_INVESTIGATION'
  | 'WEBSITE_DOWN'
  | 'URL_INACCESSIBLE'
  | 'NO_ACCOUNTS_FOUND'
  | 'OTHER_ERROR'
  | 'MFA_TOKEN_EXPIRED'
  | 'PASSWORD_INCORRECT'
  | 'NEW_PASSWORD_NEEDED'
  | 'ADDITIONAL_CREDENTIALS_NEEDED'

/** What became of the code. */
export type CodeOutcome = 'accepted' | 'rejected' | 'not_received' | 'not_requested'

/** What is reported at the end of an attempt. Without `status` the connection's status stays. */
export type Outcome = {
  readonly status?: Status
  readonly code?: CodeOutcome
  readonly detail?: string
}

/** One login, from before it asks for a code until it reports the outcome. */
export type Attempt = {
  readonly id: string
  readonly connectionId: string
  readonly runner: string | null
  readonly purpose: 'login' | 'test_login'
  readonly openedAt: string
  readonly expiresAt: string
  readonly closedAt: string | null
  readonly outcome: Outcome | null
}

/** What a runner asks for when it leases. */
export type LeaseRequest = {
  /** Who is asking: a name for support staff. */
  readonly runner: string
  /** Only logins at these utilities. */
  readonly utilities?: readonly string[]
  /** How long the attempt lasts at first; default ten minutes, an hour at most. */
  readonly leaseSeconds?: number
}

/** A login that is due, and what it types. Keep the credentials nowhere. */
export type Lease = {
  readonly attempt: Attempt
  readonly connection: {
    readonly id: string
    readonly companyId: string
    readonly utility: string
    readonly url: string | null
    readonly country: string | null
    readonly externalId: string | null
    readonly initialSites: readonly string[]
    readonly utilityTypes: readonly string[]
    readonly dataCollectionStartDate: string | null
    readonly mfaMethod: string | null
    readonly status: string
  }
  readonly credentials: {
    readonly username: string | null
    readonly password: string | null
    /** Questions with a known answer; `login.answer(question)` gives it. */
    readonly securityQuestions: readonly string[]
  }
}

/** What brings a code. */
export type Factor = 'totp' | 'email' | 'sms'

/** A code that is bound to the attempt that asked for it. */
export type Code = {
  readonly id: string
  /** As typed at the portal. */
  readonly code: string
  /** `manual`: a person typed it in at the relay. */
  readonly channel: Factor | 'manual'
  readonly verdict: 'trusted' | 'candidate' | 'untrusted'
  readonly sentAt: string
  readonly receivedAt: string
  readonly expiresAt: string
  readonly sender: string | null
  readonly rule: string
  /** 0..1: how sure the extractor is. */
  readonly confidence: number
}

/** What arrived during an attempt, and why it was (no) code for it. */
export type SeenMessage = {
  readonly messageId: string
  readonly channel: 'email' | 'sms' | 'manual'
  readonly sender: string | null
  readonly receivedAt: string
  readonly verdict: 'trusted' | 'candidate' | 'untrusted'
  readonly extraction: string
  readonly result: string
  /** A sentence for people. */
  readonly text: string
}

/** What an outcome did. */
export type OutcomeAnswer = Attempt & {
  readonly connection: {
    readonly id: string
    readonly status: string
    readonly statusErrorDetail: string | null
    readonly statusCause: string | null
    readonly statusSuggestion: string | null
  }
}

/** The part of `fetch` that is used; a substitute needs no more. */
export type Fetch = (
  url: string,
  init: {
    method: string
    headers: Record<string, string>
    body?: string
    signal: AbortSignal
    redirect: 'error'
  },
) => Promise<{
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}>
