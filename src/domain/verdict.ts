/** trusted; candidate: authenticated, sender new to us; untrusted: kept in quarantine. */
export type VerdictLevel = 'trusted' | 'candidate' | 'untrusted'

/** One check behind a verdict, in words that support can read out. */
export type Reason = {
  /** Stable machine name, e.g. `spf_pass_aligned`, `from_not_utility`, `repeated_header`. */
  readonly code: string
  readonly text: string
}

/** Whether a message is believed, decided once and stored with it. */
export type Verdict = {
  readonly level: VerdictLevel
  readonly reasons: readonly Reason[]
  /** Domain of the From header (e-mail) or the sender as given (SMS) that the verdict is about. */
  readonly senderDomain: string | null
  /** Canonical inbox that forwarded the message to us, where one was recognised and proven. */
  readonly forwardedBy: string | null
  /** DNS could not answer for now: the door says "try again later" instead of deciding. */
  readonly temporaryFailure?: boolean
}
