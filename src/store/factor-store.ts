import type { Code } from '../domain/code.ts'

/* The part of the store's port that is about factors which nobody sends: TOTP, and security answers. */

export type FactorStore = {
  /** Whether the attempt's codes are computed (method `authenticator`, and its secret is here) rather than sent. */
  prefersTotp(connectionId: string): Promise<boolean>
  /**
   * The code of the present step, bound to the attempt before this resolves. One step's code goes to one attempt,
   * which may read it again.
   *
   * @throws Failure `invalid_request` when `after` is no code of this connection
   */
  claimTotp(attemptId: string, claim: TotpClaim): Promise<TotpResult>
  /**
   * The answer to exactly this question, audited as `answer.read`: the connection's own, else one that another
   * connection of its company has at the same utility, where all of them agree. Otherwise the questions known.
   * Null: no such attempt.
   */
  readAnswer(
    attemptId: string,
    question: string,
    read: { actor: string; now: number },
  ): Promise<AnswerResult | null>
}

export type TotpClaim = {
  readonly now: number
  readonly actor: string
  /** Only the code of a later step than this one's (a code id). */
  readonly after?: string
}

/** A code as a runner gets it, wherever it comes from. */
export type HandedCode = Omit<Code, 'messageId' | 'connectionId' | 'source' | 'state'>

export type TotpResult =
  | { readonly kind: 'code'; readonly code: HandedCode; readonly isNew: boolean }
  /** The step is taken or nearly over: ask again then, ms UTC. */
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'over' }
  | { readonly kind: 'no_secret' }

export type AnswerResult =
  | { readonly kind: 'answer'; readonly answer: string }
  | { readonly kind: 'unknown'; readonly questions: readonly string[] }
  | { readonly kind: 'over' }
