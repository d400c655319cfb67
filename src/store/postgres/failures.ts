import { Failure } from '../../domain/failure.ts'

/* What PostgreSQL and the way to it throw, as callers know it. */

/** Thrown inside a transaction that must not wait: it is rolled back and run again. */
export class BusyError extends Error {
  override name = 'BusyError'
}

/**
 * SQLSTATEs (PostgreSQL, appendix A) that pass by themselves: 08 connection, 53 resources (a full disk too), 55P03 and
 * 57014 time limits, 57P0x and 25P03 the server or an administrator ended the session, 58 its files, 25006 a standby.
 */
const UNAVAILABLE = /^(08...|53...|55P03|57014|57P0[1-5]|25P0[34]|58...|25006|40...)$/

/** Errors of the network and of the driver, which have no SQLSTATE. */
const NETWORK = /^(ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|EHOST|ENET|EAI_|ENOENT)/
const DRIVER =
  /Connection terminated|connection error|Client was closed|timeout exceeded when trying to connect|read timeout|connection has been discarded|Cannot use a pool after calling end|driver has already been destroyed/i

const codeOf = (error: unknown): string => {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}

/** Whether the way to the server broke: nobody knows then what became of a commit. */
export const isDisconnect = (error: unknown): boolean =>
  /^(08...|57P0[1-5])$/.test(codeOf(error)) ||
  NETWORK.test(codeOf(error)) ||
  (error instanceof Error && DRIVER.test(error.message))

/** Whether a connection of the pool was found to have ended some time ago: another one may do. */
export const wasDead = (error: unknown): boolean =>
  /^(ECONNRESET|EPIPE|57P0[1-5])$/.test(codeOf(error)) ||
  (error instanceof Error && /Connection terminated(?! due to)|not queryable/i.test(error.message))

/** How often a transaction that ended so is begun anew. */
export function retriesAfter(error: unknown): number {
  const code = codeOf(error)
  if (error instanceof BusyError || code === '40001' || code === '40P01') return 12
  // Two looked, and both found nothing: at the second look one finds the other's row and says what it says then.
  return code === '23505' || code === '23503' ? 3 : 0
}

/** What the database throws, as callers know it: worth trying again, or a fault. */
export function translate(error: unknown): unknown {
  if (error instanceof Failure) return error
  const code = codeOf(error)
  if (!(error instanceof BusyError) && !UNAVAILABLE.test(code) && !isDisconnect(error)) return error
  return new Failure('unavailable', 'The store cannot do this for now', { reason: code || 'connection' })
}
