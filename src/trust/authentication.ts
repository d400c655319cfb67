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
  /** RFC 8617: whether the chain is intact, and whose seal is the outermost. */
  readonly arc: { readonly result: 'pass' | 'fail' | 'none'; readonly sealer: string | null }
  /** Envelope sender, which is no header. */
  readonly envelopeSender: string
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
  arc: { result: 'none', sealer: null },
  envelopeSender: '',
  headerNames: null,
}
