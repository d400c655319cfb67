import { describe, expect, it } from 'vitest'
import { isInNetworks, isPublicAddress, networkList } from '../../src/http/public-address.ts'

const PUBLIC = ['8.8.8.8', '1.1.1.1', '100.63.255.255', '172.32.0.1', '2606:4700::1111', '2a00:1450::1']
const NOT_PUBLIC = [
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '127.9.9.9',
  '169.254.169.254',
  '172.31.255.255',
  '192.168.1.1',
  '198.18.0.1',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.250',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:8.8.8.8',
  '::7f00:1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
  '2001:db8::1',
  'fc00::1',
  'fd12::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  'localhost',
  '',
]

describe('public addresses', () => {
  it.each(PUBLIC)('%s is on the internet', (address) => expect(isPublicAddress(address)).toBe(true))
  it.each(NOT_PUBLIC)('"%s" is not', (address) => expect(isPublicAddress(address)).toBe(false))
})

describe('allowed networks', () => {
  it('holds networks and single addresses, however an address is written', () => {
    const list = networkList(['10.1.0.0/16', 'fd00:1::/32', '127.0.0.1'])
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd00:1::9', '127.0.0.1'])
      expect(isInNetworks(address, list), address).toBe(true)
    for (const address of ['10.2.0.1', '127.0.0.2', 'fd00:2::1', 'fd00:1::9%lo', 'nonsense'])
      expect(isInNetworks(address, list), address).toBe(false)
  })

  it.each(['10.1.0.0/33', 'example.com', '10.1/16', ''])('refuses "%s"', (network) => {
    expect(() => networkList([network])).toThrow()
  })
})
