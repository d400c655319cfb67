import type { Mac } from '../mac.ts'

/** The header that every copy carries. A message that comes in with it, signed by us, is one of our own copies. */
export const LOOP_HEADER = 'X-MFA-Relay-Loop'

export type LoopMarks = {
  make(connectionId: string): string
  /** The connection whose copy this is, or null when the value was not made here: anybody can write a header. */
  verify(value: string): string | null
}

/** Marks of the form `<connection>.<hmac>`. */
export function loopMarks(mac: Mac): LoopMarks {
  return {
    make: (connectionId) => `${connectionId}.${mac.sign(connectionId)}`,
    verify(value) {
      const [connectionId = '', tag = '', ...rest] = value.trim().split('.')
      return rest.length === 0 && connectionId !== '' && mac.verify(connectionId, tag) ? connectionId : null
    },
  }
}
