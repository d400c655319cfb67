import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** Signs short texts for one purpose, so that they can leave the house and be believed when they come back. */
export type Mac = {
  /** Lower-case hex, since mail systems change the case of local parts. */
  sign(text: string): string
  verify(text: string, tag: string): boolean
}

/** 80 bits: as hard to guess as a mailbox address, and short enough for a local part. */
const SHORT_HEX = 20

/**
 * @param masterKeys the first signs, all verify, so that what was sent before a rotation still works
 * @param purpose keeps a signature made for one thing from being used for another (HKDF info, RFC 5869 §3.2)
 * @param hexLength how much of the 64 hex digits is kept
 */
export function macFor(masterKeys: readonly Uint8Array[], purpose: string, hexLength = SHORT_HEX): Mac {
  const keys = masterKeys.map(
    (key) => new Uint8Array(hkdfSync('sha256', key, '', `mfa-relay/${purpose}`, 32)),
  )
  const first = keys[0]
  if (!first) throw new Error('a key is needed to sign')
  const tagOf = (key: Uint8Array, text: string) =>
    createHmac('sha256', key).update(text).digest('hex').slice(0, hexLength)
  return {
    sign: (text) => tagOf(first, text),
    verify: (text, tag) => keys.some((key) => equalInConstantTime(tagOf(key, text), tag)),
  }
}

function equalInConstantTime(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
