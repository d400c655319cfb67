import type { ColumnType } from 'kysely'

/* Kinds of columns. */

/** Ciphertext; its place is `table.column.id`. */
export type Sealed = ColumnType<Buffer, Uint8Array>
export type SealedOrNull = ColumnType<Buffer | null, Uint8Array | null>
export type Flag = 0 | 1
