import type { Socket } from 'node:net'
import { SocketAddress } from 'node:net'

/*
 * The binary PROXY header (https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt, §2.2), which some load
 * balancers send and nothing else. smtp-server reads the one in text, so that is what it is told.
 */

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const FIXED_BYTES = 16
/** Addresses take 36 bytes; what balancers add behind them, a few hundred. */
const MAX_BYTES = 2_048
const LOCAL = 0x20
const PROXY = 0x21
const TCP4 = 0x11
const TCP6 = 0x21

export type ProxyHeader =
  /** More bytes are needed to tell. */
  | { readonly kind: 'cut' }
  /** Not this one. */
  | { readonly kind: 'other' }
  | { readonly kind: 'malformed' }
  /** `text` says the same as a line of version 1; `bytes` is how long it was. */
  | { readonly kind: 'whole'; readonly bytes: number; readonly text: string }

/** Reads the beginning of a connection. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const compared = Math.min(bytes.length, SIGNATURE.length)
  if (bytes.compare(SIGNATURE, 0, compared, 0, compared) !== 0) return { kind: 'other' }
  if (bytes.length < FIXED_BYTES) return { kind: 'cut' }
  const length = FIXED_BYTES + bytes.readUInt16BE(14)
  const command = bytes[12]
  if (length > MAX_BYTES || (command !== LOCAL && command !== PROXY)) return { kind: 'malformed' }
  if (bytes.length < length) return { kind: 'cut' }
  const text = command === LOCAL ? UNKNOWN : lineFor(bytes[13] ?? 0, bytes.subarray(FIXED_BYTES, length))
  return text === null ? { kind: 'malformed' } : { kind: 'whole', bytes: length, text }
}

/** A health check of the proxy itself, or a peer without an address that means anything here. */
const UNKNOWN = 'PROXY UNKNOWN\r\n'

/** Null: it is shorter than its family. */
function lineFor(family: number, block: Buffer): string | null {
  if (family !== TCP4 && family !== TCP6) return UNKNOWN
  const size = family === TCP4 ? 4 : 16
  if (block.length < 2 * size + 4) return null
  const [from, to] = [addressOf(block.subarray(0, size)), addressOf(block.subarray(size, 2 * size))]
  const ports = `${block.readUInt16BE(2 * size)} ${block.readUInt16BE(2 * size + 2)}`
  return `PROXY ${family === TCP4 ? 'TCP4' : 'TCP6'} ${from} ${to} ${ports}\r\n`
}

function addressOf(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = bytes.toString('hex').match(/.{4}/g) ?? []
  const { address } = new SocketAddress({ address: groups.join(':'), family: 'ipv6' })
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}

/**
 * Puts a text header in the place of a binary one, and leaves everything else as it came.
 *
 * @param goOn called once the socket can be read as version 1
 * @param giveUp called when it ended before that, or began with no header
 */
export function translateProxyHeader(socket: Socket, goOn: () => void, giveUp: (error: Error) => void): void {
  let held = Buffer.alloc(0)
  const finish = (error: Error | null): void => {
    socket.off('readable', read).off('error', finish).off('close', onEnd).off('end', onEnd)
    if (error) giveUp(error)
    else goOn()
  }
  const onEnd = (): void => finish(new Error('The connection ended before its PROXY header'))
  const read = (): void => {
    // All that is there in one piece.
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return
    held = Buffer.concat([held, chunk])
    const header = readProxyHeader(held)
    if (header.kind === 'cut') return
    const rest = header.kind === 'whole' ? held.subarray(header.bytes) : held
    if (rest.length > 0) socket.unshift(rest)
    if (header.kind === 'whole') socket.unshift(Buffer.from(header.text, 'latin1'))
    finish(header.kind === 'malformed' ? new Error('Malformed PROXY header') : null)
  }
  socket.on('readable', read).on('error', finish).on('close', onEnd).on('end', onEnd)
}
