/* The part of the store's port that is about what has to be brought to an end however often the process dies. */

/** Numbers that we bought, that nobody uses any more, and that still cost money. */
export type NumberReleaseStore = {
  /** A number that was bought and could not be stored or given back. Retiring one notes it by itself. */
  oweNumber(number: { providerSid: string; address: string; now: number }): Promise<void>
  /** Those whose turn it is. */
  listOwedNumbers(now: number, limit: number): Promise<OwedNumber[]>
  /** Null: it was given back. */
  noteNumberRelease(
    providerSid: string,
    failed: { readonly error: string; readonly nextTryAt: number } | null,
  ): Promise<void>
}

export type OwedNumber = {
  readonly providerSid: string
  readonly address: string
  readonly tries: number
}

/** Companies whose data goes for good. */
export type ErasureStore = {
  /**
   * Begins it: the company is deactivated and its keys are revoked, in one step; audited as `company.erasure_begun`.
   * Begun before: says how far it is. Null: no such company.
   */
  beginErasure(companyId: string, by: { actor: string; now: number }): Promise<Erasure | null>
  /** Null: no such company, or nobody asked for it. */
  getErasure(companyId: string): Promise<Erasure | null>
  /** Companies whose erasure has begun and not ended. */
  listErasures(): Promise<string[]>
  /**
   * Takes away some of it, at most `limit` rows of a kind, and answers false once nothing is left; the last step is
   * audited as `company.erased`. Asking again after a crash goes on where it stopped.
   */
  eraseSome(companyId: string, step: { now: number; limit: number }): Promise<boolean>
}

export type Erasure = {
  readonly companyId: string
  readonly startedAt: number
  readonly finishedAt: number | null
  readonly connections: { readonly total: number; readonly left: number }
}
