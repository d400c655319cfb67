import { connect, type Socket } from 'node:net'

/*
 * The runners: a process of its own that holds thousands of long polls and says when each was answered, by the
 * monotonic clock that all processes of a machine share. Bare sockets, as an HTTP client would cost more than what is
 * measured.
 */

export type OpenOrder = {
  readonly kind: 'open'
  readonly port: number
  readonly key: string
  readonly attemptIds: readonly string[]
  readonly waitSeconds: number
}
/** `last`: from now on an empty answer is noted, too; until then whoever gets one waits again, as runners do. */
export type LoadOrder = OpenOrder | { readonly kind: 'last' | 'close' }
/** `at` in ns of the monotonic clock, as text. */
export type Answered = {
  readonly attemptId: string
  readonly status: number
  readonly body: string
  readonly at: string
}
export type FromLoad =
  | { readonly kind: 'opened'; readonly refused: number }
  | { readonly kind: 'answered'; readonly answers: readonly Answered[] }

/** So many are being connected at a time. */
const AT_ONCE = 64
/** Each local address has ports for tens of thousands of connections; several leave room for those in TIME_WAIT. */
const ADDRESSES = 8

const sockets = new Set<Socket>()
let answers: Answered[] = []
let isLast = false
const say = (message: FromLoad): void => void process.send?.(message)

/** Answers leave in bunches: fifteen thousand messages to the parent would hold up what is measured. */
function note(answer: Answered): void {
  answers.push(answer)
  if (answers.length > 1) return
  setTimeout(() => {
    const bunch = answers
    answers = []
    say({ kind: 'answered', answers: bunch })
  }, 5)
}

function openOne({ port, key, waitSeconds }: OpenOrder, attemptId: string, n: number): Promise<boolean> {
  return new Promise((resolve) => {
    const localAddress = `127.0.0.${2 + (n % ADDRESSES)}`
    const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true })
    sockets.add(socket)
    socket.setEncoding('latin1')
    let text = ''
    socket.on('data', (chunk: string) => {
      const at = process.hrtime.bigint().toString()
      text += chunk
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      const status = Number(text.slice(9, 12))
      if (status === 204 && !isLast) ask()
      else note({ attemptId, status, body: text.slice(end + 4), at })
      text = ''
    })
    socket.on('error', () => resolve(false))
    socket.on('close', () => {
      sockets.delete(socket)
      resolve(false)
    })
    const path = `/v2/attempt/${attemptId}/code?wait=${waitSeconds}`
    const ask = (): void => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nX-API-KEY: ${key}\r\n\r\n`, () => resolve(true))
    }
    socket.on('connect', ask)
  })
}

async function open(order: OpenOrder): Promise<void> {
  let next = 0
  let refused = 0
  const worker = async (): Promise<void> => {
    for (let n = next++; n < order.attemptIds.length; n = next++)
      if (!(await openOne(order, order.attemptIds[n]!, n))) refused += 1
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  say({ kind: 'opened', refused })
}

process.on('message', (order: LoadOrder) => {
  if (order.kind === 'open') void open(order)
  else if (order.kind === 'last') isLast = true
  else for (const socket of sockets) socket.destroy()
})
process.on('disconnect', () => process.exit(0))
