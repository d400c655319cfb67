import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

type RecordType = 'A' | 'MX' | 'TXT' | 'AAAA'

/** A small authoritative name server on loopback, over UDP and TCP, whose records a test writes. */
export type TestDns = {
  /** For DNS_SERVERS. */
  readonly server: string
  /** Questions so far, e.g. `TXT example.test`. */
  readonly asked: readonly string[]
  set(type: 'A' | 'TXT', name: string, ...values: string[]): void
  /** Answers for this name and everything below it fail: SERVFAIL, or no answer at all. */
  break(name: string, how: 'SERVFAIL' | 'silence'): void
  mend(name: string): void
  close(): Promise<void>
}

const TYPES: Readonly<Record<number, RecordType>> = { 1: 'A', 15: 'MX', 16: 'TXT', 28: 'AAAA' }
const NUMBERS: Readonly<Record<RecordType, number>> = { A: 1, MX: 15, TXT: 16, AAAA: 28 }
const HEADER_BYTES = 12
const UDP_LIMIT = 512
const NOERROR = 0
const SERVFAIL = 2
const NXDOMAIN = 3
const TRUNCATED = 0x0200

export async function startDnsServer(): Promise<TestDns> {
  const records = new Map<string, string[]>()
  const broken = new Map<string, 'SERVFAIL' | 'silence'>()
  const asked: string[] = []

  const answer = (query: Buffer): Buffer | null => {
    const question = readQuestion(query)
    asked.push(`${question.type} ${question.name}`)
    const failure = [...broken].find(([name]) => `.${question.name}`.endsWith(`.${name}`))?.[1]
    if (failure === 'silence') return null
    if (failure === 'SERVFAIL') return reply(query, question, SERVFAIL, [])
    const exists = [...records.keys()].some(
      (key) => `.${key}`.endsWith(`.${question.name}`) || key.endsWith(` ${question.name}`),
    )
    const found = records.get(`${question.type} ${question.name}`) ?? []
    const data = found.map((value) => encode(question.type, value))
    return reply(query, question, exists ? NOERROR : NXDOMAIN, data)
  }

  const { udp, tcp, port } = await listen(answer)
  return {
    server: `127.0.0.1:${port}`,
    asked,
    set: (type, name, ...values) => void records.set(`${type} ${name}`, values),
    break: (name, how) => void broken.set(name, how),
    mend: (name) => void broken.delete(name),
    close: async () => {
      udp.close()
      tcp.close()
      await once(tcp, 'close')
    },
  }
}

async function listen(answer: (query: Buffer) => Buffer | null) {
  const tcp: Server = createServer((socket) => {
    let buffered = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      buffered = Buffer.concat([buffered, chunk])
      if (buffered.length < 2 || buffered.length < 2 + buffered.readUInt16BE(0)) return
      const message = answer(buffered.subarray(2, 2 + buffered.readUInt16BE(0)))
      if (!message) return
      const length = Buffer.alloc(2)
      length.writeUInt16BE(message.length)
      socket.end(Buffer.concat([length, message]))
    })
  })
  tcp.listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as { port: number }
  const udp: UdpSocket = createSocket('udp4')
  udp.on('message', (query, peer) => {
    const message = answer(query)
    if (!message) return
    udp.send(message.length > UDP_LIMIT ? cutShort(message) : message, peer.port, peer.address)
  })
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')
  return { udp, tcp, port }
}

type Question = { readonly name: string; readonly type: RecordType; readonly end: number }

function readQuestion(query: Buffer): Question {
  const labels: string[] = []
  let at = HEADER_BYTES
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return {
    name: labels.join('.').toLowerCase(),
    type: TYPES[query.readUInt16BE(at + 1)] ?? 'A',
    end: at + 5,
  }
}

function reply(query: Buffer, question: Question, code: number, data: readonly Buffer[]): Buffer {
  const head = Buffer.from(query.subarray(0, HEADER_BYTES))
  head.writeUInt16BE(0x8580 | code, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(data.length, 6)
  head.writeUInt32BE(0, 8)
  const answers = data.map((rdata) => {
    const record = Buffer.alloc(12)
    record.writeUInt16BE(0xc000 | HEADER_BYTES, 0)
    record.writeUInt16BE(NUMBERS[question.type], 2)
    record.writeUInt16BE(1, 4)
    record.writeUInt16BE(rdata.length, 10)
    return Buffer.concat([record, rdata])
  })
  return Buffer.concat([head, query.subarray(HEADER_BYTES, question.end), ...answers])
}

/** The header alone, with the bit that sends the asker to TCP. */
function cutShort(message: Buffer): Buffer {
  const { end } = readQuestion(message)
  const short = Buffer.from(message.subarray(0, end))
  short.writeUInt16BE(short.readUInt16BE(2) | TRUNCATED, 2)
  short.writeUInt16BE(0, 6)
  return short
}

function encode(type: RecordType, value: string): Buffer {
  if (type === 'A') return Buffer.from(value.split('.').map(Number))
  const pieces = value.match(/.{1,255}/gs) ?? ['']
  return Buffer.concat(
    pieces.map((piece) => Buffer.concat([Buffer.from([piece.length]), Buffer.from(piece, 'latin1')])),
  )
}
