import type { Schema } from '../../schema.ts'

/** What of a table is handed out, and how it is walked through. */
export type Section = {
  readonly table: keyof Schema
  /** The column that says whose a row is, and what it holds. */
  readonly owner: string
  readonly ownerIs?: (id: string) => string
  /** Unique for one owner, in the order of an index. */
  readonly key: readonly string[]
  readonly columns: readonly string[]
  /** Columns that are opened: their place in the seal. */
  readonly sealed?: Readonly<Record<string, string>>
  /** Columns that hold JSON. */
  readonly json?: readonly string[]
}
