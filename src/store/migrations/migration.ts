/** The types whose names differ between the databases. */
export type ColumnTypes = {
  /** A primary key that counts up in the order of insertion. */
  readonly serial: string
  readonly bytes: string
}

/**
 * One step of the schema. Never edited once released: a later step changes what an earlier one made.
 *
 * While nodes of a PostgreSQL store are upgraded one after the other, programs from before the step go on with what it
 * leaves. So what it adds may be left out (it is null or has a default), and what they use stays as it is.
 */
export type Migration = {
  readonly number: number
  readonly name: string
  /** Programs from before this step cannot work with what it leaves, and must be stopped first. */
  readonly endsOlder?: true
  readonly statements: (types: ColumnTypes) => readonly string[]
}
