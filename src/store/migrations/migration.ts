/** The types whose names differ between the databases. */
export type ColumnTypes = {
  /** A primary key that counts up in the order of insertion. */
  readonly serial: string
  readonly bytes: string
}

/** One step of the schema. Never edited once released: a later step changes what an earlier one made. */
export type Migration = {
  readonly number: number
  readonly name: string
  readonly statements: (types: ColumnTypes) => readonly string[]
}
