import { compactId, expandId } from '../compact-id.ts'
import type { Mac } from '../mac.ts'

/** Return paths that name the delivery they were sent with, so that a bounce says which one it is about (VERP). */
export type ReturnPaths = {
  make(deliveryId: string): string
  /** The delivery that a bounce's recipient names, or null if we never sent with that return path. */
  parse(address: string): string | null
}

const LOCAL_PART = /^b-([0-9a-f]{32})-([0-9a-f]+)$/

/** `b-<delivery>-<hmac>@domain`: 55 of the 64 characters that a local part may have, `[a-z0-9-]` only. */
export function returnPaths(mac: Mac, domain: string): ReturnPaths {
  return {
    make: (deliveryId) => `b-${compactId(deliveryId)}-${mac.sign(deliveryId)}@${domain}`,
    parse(address) {
      const at = address.lastIndexOf('@')
      if (address.slice(at + 1).toLowerCase() !== domain.toLowerCase()) return null
      const [, compact = '', tag = ''] =
        LOCAL_PART.exec(address.slice(0, Math.max(0, at)).toLowerCase()) ?? []
      const deliveryId = expandId(compact)
      return deliveryId !== null && mac.verify(deliveryId, tag) ? deliveryId : null
    },
  }
}
