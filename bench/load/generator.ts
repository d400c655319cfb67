import { codeOf, portalMail, signedMail } from './mail.ts'
import { Session } from './session.ts'

/*
 * The load generator, a process of its own. It is told what to send, sends for so long, waits for the last replies, and
 * says what was accepted.
 */

/** One stretch of load. */
export type LoadOrder = {
  readonly kind: 'send'
  readonly port: number
  readonly connections: number
  /** Messages in a connection; null: as many as there is time for. */
  readonly perConnection: number | null
  readonly isTls: boolean
  readonly isSigned: boolean
  readonly ms: number
  readonly recipients: readonly string[]
}
/** Signs messages ahead, so that their signing is not measured. */
export type SignOrder = {
  readonly kind: 'sign'
  readonly count: number
  readonly privateKey: string
  readonly recipients: readonly string[]
}

export type Accepted = { readonly recipient: string; readonly code: string }
export type LoadResult = {
  readonly accepted: readonly Accepted[]
  /** How many were answered 4xx: come again. */
  readonly putOff: number
  /** From the first connection to the last reply, ms. */
  readonly ms: number
  /** Processor time of the generator itself, ms. */
  readonly cpuMs: number
}

const SENDER = 'bounce@sandbox-power.test'

let serial = 0
const signed: { mail: Buffer; recipient: string; code: string }[] = []

type Letter = { readonly mail: Buffer; readonly recipient: string; readonly code: string }

function nextLetter({ isSigned, recipients }: LoadOrder): Letter | null {
  if (isSigned) return signed.pop() ?? null
  serial += 1
  const recipient = recipients[serial % recipients.length]!
  return { mail: portalMail(serial, recipient), recipient, code: codeOf(serial) }
}

async function send(order: LoadOrder): Promise<LoadResult> {
  const accepted: Accepted[] = []
  let putOff = 0
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  const isOver = () => performance.now() - startedAt >= order.ms
  const work = async () => {
    while (!isOver()) {
      const session = await Session.open(order.port, order.isTls)
      for (let n = 0; n < (order.perConnection ?? Number.POSITIVE_INFINITY); n += 1) {
        const letter = isOver() ? null : nextLetter(order)
        if (letter === null) break
        const isTaken = await session.send(SENDER, letter.recipient, letter.mail)
        if (!isTaken) putOff += 1
        else accepted.push({ recipient: letter.recipient, code: letter.code })
      }
      await session.quit()
      if (order.isSigned && signed.length === 0) return
    }
  }
  await Promise.all(Array.from({ length: order.connections }, work))
  const { user, system } = process.cpuUsage(cpu)
  return { accepted, putOff, ms: performance.now() - startedAt, cpuMs: (user + system) / 1000 }
}

async function sign({ count, privateKey, recipients }: SignOrder): Promise<null> {
  for (let n = 0; n < count; n += 1) {
    serial += 1
    const recipient = recipients[serial % recipients.length]!
    signed.push({ mail: await signedMail(serial, recipient, privateKey), recipient, code: codeOf(serial) })
  }
  return null
}

process.on('message', (order: LoadOrder | SignOrder) => {
  const work = order.kind === 'sign' ? sign(order) : send(order)
  work.then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})
