import { createCipheriv, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SealBrokenError } from '../../src/store/errors.ts'
import { createSealer } from '../../src/store/seal.ts'

const key = (n: number) => new Uint8Array(32).fill(n)
const place = 'code.code.1'

describe('sealing', () => {
  it('opens what it sealed: text, bytes, nothing', () => {
    const sealer = createSealer([key(1)])
    expect(sealer.openText(place, sealer.seal(place, 'Grüße 482913'))).toBe('Grüße 482913')
    expect(sealer.open(place, sealer.seal(place, Uint8Array.of(0, 255)))).toEqual(Buffer.of(0, 255))
    expect(sealer.openText(place, sealer.seal(place, ''))).toBe('')
  })

  it('never seals the same to the same', () => {
    const sealer = createSealer([key(1)])
    const sealed = Array.from({ length: 100 }, () => sealer.seal(place, '482913').toString('hex'))
    expect(new Set(sealed).size).toBe(100)
  })

  it('writes the format that the decision record describes', () => {
    const id = createHmac('sha256', key(1)).update('mfa-relay key id').digest().subarray(0, 4)
    const iv = Buffer.alloc(12, 5)
    const cipher = createCipheriv('aes-256-gcm', key(1), iv)
    cipher.setAAD(Buffer.from(place))
    const body = Buffer.concat([cipher.update('482913'), cipher.final()])
    const sealed = Buffer.concat([Buffer.of(1), id, iv, body, cipher.getAuthTag()])
    expect(createSealer([key(1)]).openText(place, sealed)).toBe('482913')
    expect(createSealer([key(1)]).seal(place, '482913')).toHaveLength(sealed.length)
  })

  it('opens in no other place, by no other key, and not when a bit was changed', () => {
    const sealer = createSealer([key(1)])
    const sealed = sealer.seal(place, '482913')
    expect(() => sealer.open('code.code.2', sealed)).toThrow(SealBrokenError)
    expect(() => createSealer([key(2)]).open(place, sealed)).toThrow(/key [0-9a-f]{8} is not among/)
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed)
      changed[at]! ^= 1
      expect(() => sealer.open(place, changed), `byte ${at}`).toThrow(SealBrokenError)
    }
    expect(() => sealer.open(place, sealed.subarray(0, 20))).toThrow(SealBrokenError)
  })

  it('seals with the first key and opens with all', () => {
    const old = createSealer([key(1)])
    const both = createSealer([key(2), key(1)])
    expect(both.openText(place, old.seal(place, 'x'))).toBe('x')
    expect(() => old.open(place, both.seal(place, 'x'))).toThrow(SealBrokenError)
    expect(both.keyIds).toEqual([both.keyId, old.keyId])
  })

  it('takes keys of 32 bytes only', () => {
    expect(() => createSealer([])).toThrow(TypeError)
    expect(() => createSealer([key(1), new Uint8Array(16)])).toThrow(TypeError)
  })
})
