/* The part of the store's port that is about codes which a person types in, as the last resort. */

export type TypedCodeStore = {
  /**
   * Gives the open login of a connection a code that somebody typed in; audited as `code.typed`. It replaces one that
   * was typed before and that nobody has claimed. The same code again changes nothing.
   *
   * @throws Failure `conflict` when no login is open, or the portal has refused this code
   */
  typeCode(typed: TypedCode): Promise<TypedCodeResult>
}

export type TypedCode = {
  readonly messageId: string
  readonly codeId: string
  readonly connectionId: string
  readonly code: string
  readonly actor: string
  readonly now: number
  readonly expiresAt: number
}
export type TypedCodeResult = {
  readonly codeId: string
  readonly attemptId: string
  readonly expiresAt: number
  readonly isNew: boolean
}
