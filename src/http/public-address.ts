import { BlockList, isIP, isIPv4 } from 'node:net'

/* Which addresses are out on the internet, and which lead into somebody's own network. */

/** IANA's special-purpose IPv4 registry (RFC 6890 and successors), multicast and the reserved rest. */
const NOT_PUBLIC_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

/**
 * Only 2000::/3 is handed out to the world (RFC 4291 §2.4), so that loopback, link-local, unique local, multicast,
 * IPv4-mapped and NAT64 addresses are all outside of it. Inside, these are not for hosts, or carry an IPv4 address
 * that could be anything: protocol assignments with Teredo, documentation, 6to4.
 */
const WORLD_IPV6 = ['2000::/3']
const NOT_PUBLIC_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

/** A set of networks. @param networks CIDR notation, or single addresses @throws if one is neither */
export function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const family = familyOf(address)
    if (family === null) throw new Error(`"${network}" is no network; write e.g. 10.1.0.0/16`)
    const bits = prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix)
    list.addSubnet(address, bits, family)
  }
  return list
}

const familyOf = (address: string): 'ipv4' | 'ipv6' | null =>
  isIP(address) === 0 ? null : isIPv4(address) ? 'ipv4' : 'ipv6'

const notPublic = networkList([...NOT_PUBLIC_IPV4, ...NOT_PUBLIC_IPV6])
const world = networkList(WORLD_IPV6)

/** Whether an address is one that anybody on the internet could be at. False for what is no address at all. */
export function isPublicAddress(address: string): boolean {
  const family = familyOf(address)
  // A zone (`%eth0`) only goes with link-local addresses.
  if (family === null || address.includes('%') || notPublic.check(address, family)) return false
  return family === 'ipv4' || world.check(address, family)
}

/** Whether an address lies in one of the networks. An IPv4-mapped IPv6 address counts as the IPv4 one. */
export function isInNetworks(address: string, networks: BlockList): boolean {
  const family = familyOf(address)
  return family !== null && !address.includes('%') && networks.check(address, family)
}
