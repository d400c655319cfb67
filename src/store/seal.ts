import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomFillSync,
} from 'node:crypto'
import { SealBrokenError } from './errors.ts'

/*
 * version (1) · key id (4) · IV (12) · ciphertext · tag (16), AES-256-GCM. The place that a value belongs to is
 * authenticated with it, so that whoever can write to the database cannot move one customer's password or code
 * to another's row. See docs/decisions/021-sealing.md.
 */
const VERSION = 1
const KEY_ID_BYTES = 4
const IV_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + KEY_ID_BYTES + IV_BYTES

/** Where a sealed value belongs: `table.column.row`. */
export type Place = `${string}.${string}.${string}`

/** Seals and opens values under the master keys. */
export type Sealer = {
  /** Names the key that seals, in hex; says nothing about the key itself. */
  readonly keyId: string
  /** Names of all keys given. */
  readonly keyIds: readonly string[]
  /** What every value that the first key seals begins with. */
  readonly header: Buffer
  seal(place: Place, plain: string | Uint8Array): Buffer
  /** @throws SealBrokenError */
  open(place: Place, sealed: Uint8Array): Buffer
  openText(place: Place, sealed: Uint8Array): string
}

/** @param keys 32 bytes each; the first seals, all open (so that keys can be changed) */
export function createSealer(keys: readonly Uint8Array[]): Sealer {
  if (keys[0] === undefined || keys.some((key) => key.length !== 32)) {
    throw new TypeError('a master key has 32 bytes')
  }
  const firstId = keyId(keys[0])
  // As key objects: given as bytes, Node wraps them anew for each value, which costs more than sealing it.
  const byId = new Map(keys.map((key) => [keyId(key), createSecretKey(key)]))
  const first = byId.get(firstId)!
  const header = Buffer.concat([Buffer.of(VERSION), Buffer.from(firstId, 'hex')])
  const nextIv = ivSource()

  const open = (place: Place, sealed: Uint8Array): Buffer => {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
    if (bytes.length < HEADER_BYTES + TAG_BYTES || bytes[0] !== VERSION) {
      throw new SealBrokenError(place, 'not in a format that this version knows')
    }
    const id = bytes.toString('hex', 1, 1 + KEY_ID_BYTES)
    const key = byId.get(id)
    if (!key) throw new SealBrokenError(place, `its key ${id} is not among those given`)
    return decrypt(key, place, bytes)
  }

  return {
    keyId: firstId,
    keyIds: [...byId.keys()],
    header,
    seal(place, plain) {
      const iv = nextIv()
      const cipher = createCipheriv('aes-256-gcm', first, iv)
      cipher.setAAD(Buffer.from(place))
      const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain)
      return Buffer.concat([header, iv, body, cipher.final(), cipher.getAuthTag()])
    },
    open,
    openText: (place, sealed) => open(place, sealed).toString('utf8'),
  }
}

function decrypt(key: KeyObject, place: Place, bytes: Buffer): Buffer {
  const iv = bytes.subarray(1 + KEY_ID_BYTES, HEADER_BYTES)
  const tagAt = bytes.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(place))
  decipher.setAuthTag(bytes.subarray(tagAt))
  try {
    const plain = decipher.update(bytes.subarray(HEADER_BYTES, tagAt))
    decipher.final()
    return plain
  } catch {
    throw new SealBrokenError(place, 'it was damaged, or moved here from another row')
  }
}

/** Random IVs, drawn from the system many at a time; each is given out once. */
function ivSource(): () => Uint8Array {
  const pool = new Uint8Array(IV_BYTES * 1024)
  let at = pool.length
  return () => {
    if (at === pool.length) {
      randomFillSync(pool)
      at = 0
    }
    at += IV_BYTES
    return pool.subarray(at - IV_BYTES, at)
  }
}

/** A name for a key that can be stored beside what it sealed: four bytes of a MAC under the key. */
function keyId(key: Uint8Array): string {
  return createHmac('sha256', key)
    .update('mfa-relay key id')
    .digest('hex')
    .slice(0, KEY_ID_BYTES * 2)
}
