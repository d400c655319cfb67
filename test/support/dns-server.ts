import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** A name server on a free port of this machine that answers as the test says. */
export type TestDns = {
  /** For `resolver.setServers`. */
  readonly server: string
  /** Questions of type A so far, in order. */
  readonly asked: readonly string[]
  close(): void
}

const TYPE_A = 1
const HEADER_BYTES = 12

/** @param answers IPv4 addresses of a name; called for each question anew, so that answers may change */
export async function startDns(answers: (name: string) => readonly string[]): Promise<TestDns> {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, peer) => {
    const { name, type, end } = readQuestion(query)
    if (type === TYPE_A) asked.push(name)
    const addresses = type === TYPE_A ? answers(name) : []
    const head = Buffer.from(query.subarray(0, HEADER_BYTES))
    head.writeUInt16BE(0x8580, 2)
    head.writeUInt16BE(addresses.length, 6)
    head.writeUInt32BE(0, 8)
    const records = addresses.map((address) => aRecord(address))
    socket.send(Buffer.concat([head, query.subarray(HEADER_BYTES, end), ...records]), peer.port, peer.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { server: `127.0.0.1:${socket.address().port}`, asked, close: () => socket.close() }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = HEADER_BYTES
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 }
}

/** Name by pointer to the question, type A, class IN, TTL 0 as a rebinding name has it. */
const aRecord = (address: string): Buffer =>
  Buffer.from([0xc0, 12, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)])
