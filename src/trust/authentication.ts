/** Results as RFC 8601 §2.7 names them. */
export type SpfResult = 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'temperror' | 'permerror'
export type DkimResult = 'pass' | 'fail' | 'neutral' | 'policy' | 'none' | 'temperror' | 'permerror'
export type DmarcResult = 'pass' | 'fail' | 'none' | 'temperror' | 'permerror'

/** One DKIM signature. */
export type SignatureFact = {
  /** d=, lower case. */
  readonly domain: string
  readonly result: DkimResult
  /** Why a valid signature says too little to be believed: what it leaves open for others to change. */
  readonly void: 'body_length_limit' | 'subject_unsigned' | 'date_unsigned' | null
  /** mailauth's comment, e.g. `body hash did not verify`. */
  readonly comment: string | null
  /** Which of the headers that name recipients it covers. */
  readonly covers?: readonly RecipientHeader[]
}

export type RecipientHeader = 'to' | 'cc'

/** An address in a To or Cc header as it came: encoded display names cannot pass for one. */
export type NamedRecipient = { readonly header: RecipientHeader; readonly address: string }

/** What one forwarder wrote down of the checks that it made, under its seal (RFC 8617). */
export type ArcSet = {
  /** d= of the ARC-Seal, lower case; the seal is what vouches for the results. */
  readonly sealer: string
  /** From domain that passed DMARC there; null: none. */
  readonly dmarc: string | null
  /** Domains whose DKIM signatures passed there. */
  readonly dkim: readonly string[]
  /** Domain of MAIL FROM that passed SPF there; null: none. */
  readonly spf: string | null
}

/** What is known about who sent an e-mail. Facts only: {@link judge} decides what they are worth. */
export type Authentication = {
  /** It came from one of TRUSTED_NETWORKS; nothing else was checked then. */
  readonly trustedNetwork: boolean
  /** RFC 7208; `domain` is that of MAIL FROM, or of HELO for the null sender. */
  readonly spf: { readonly result: SpfResult; readonly domain: string | null }
  /** RFC 6376. */
  readonly dkim: readonly SignatureFact[]
  /** More signatures than anybody needs: none was checked. */
  readonly tooManySignatures: boolean
  /** RFC 7489 for the From domain; `none` without a published policy. */
  readonly dmarc: DmarcResult
  /** RFC 8617: whether the chain is intact, what it says, oldest first, and what its newest signature leaves open. */
  readonly arc: {
    readonly result: 'pass' | 'fail' | 'none' | 'temperror'
    readonly sets: readonly ArcSet[]
    readonly void: SignatureFact['void']
    readonly covers: readonly RecipientHeader[]
  }
  /** Whom To and Cc name. */
  readonly namedRecipients: readonly NamedRecipient[]
  /** Envelope sender, which is no header. */
  readonly envelopeSender: string
  /** How many recipients the envelope has. */
  readonly envelopeRecipients: number
  /** A second reading of the header names, top first; null: not read a second time. */
  readonly headerNames: readonly string[] | null
}

/** Nothing is known: for doors that cannot tell, and as a base to fill in. */
export const NOTHING_KNOWN: Authentication = {
  trustedNetwork: false,
  spf: { result: 'none', domain: null },
  dkim: [],
  tooManySignatures: false,
  dmarc: 'none',
  arc: { result: 'none', sets: [], void: null, covers: [] },
  namedRecipients: [],
  envelopeSender: '',
  envelopeRecipients: 1,
  headerNames: null,
}
