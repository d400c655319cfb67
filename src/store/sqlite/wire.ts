import Database from 'better-sqlite3'
import { Failure, type FailureCode } from '../../domain/failure.ts'
import { StoreTooNewError, WrongMasterKeyError } from '../errors.ts'
import { ownsItsBuffer } from '../hand-over.ts'

/* What goes between the main thread and the store's threads. */

/** One call; `id` finds its reply. */
export type CallMessage = { readonly id: number; readonly method: string; readonly args: readonly unknown[] }

export type Reply = { readonly id: number; readonly value?: unknown; readonly error?: WireError }

/** An error as plain data: structured cloning would turn every class of ours into a bare Error. */
export type WireError = {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly failure?: { readonly code: FailureCode; readonly details: Record<string, unknown> | undefined }
}

/** How a call ended. */
export type Settled = { readonly value: unknown } | { readonly error: unknown }

/** The database says no for now: the disk is full, does not answer, or another process holds the lock. */
const UNAVAILABLE = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|NOMEM|PROTOCOL)/

/** What the database throws, as callers know it: worth trying again, or a fault. */
export function translate(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError) || !UNAVAILABLE.test(error.code)) return error
  return new Failure('unavailable', 'The store cannot do this for now', { reason: error.code })
}

export function toWire(thrown: unknown): WireError {
  const error = translate(thrown)
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined }
  const { name, message, stack } = error
  if (!(error instanceof Failure)) return { name, message, stack }
  return { name, message, stack, failure: { code: error.code, details: error.details } }
}

const CLASSES: readonly { readonly name: string; readonly prototype: Error }[] = [
  WrongMasterKeyError,
  StoreTooNewError,
]

export function fromWire({ name, message, stack, failure }: WireError): Error {
  if (failure) return new Failure(failure.code, message, failure.details)
  const error = Object.assign(new Error(message), { name, stack: stack ?? '' })
  const known = CLASSES.find((one) => one.name === name)
  return known ? Object.setPrototypeOf(error, known.prototype) : error
}

/** The largest buffers of a value, given over to the other thread instead of being copied. */
export function transferable(value: unknown): ArrayBuffer[] {
  const bytes = value instanceof Uint8Array ? value : (value as { raw?: unknown } | null)?.raw
  return bytes instanceof Uint8Array && ownsItsBuffer(bytes) ? [bytes.buffer] : []
}
