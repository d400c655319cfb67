import { codeOf, portalMail } from '../load/mail.ts'
import { Session } from '../load/session.ts'
import type { Runner } from './runners.ts'

const SENDER = 'bounce@sandbox-power.test'
/** Enough that a message waits for a free one only when the relay has stopped answering. */
const SESSIONS = 100

let serial = 0

/** Sends one message to one runner and answers how long after its last byte the runner held the code, ms. */
async function deliver(session: Session, runner: Runner, dueAt: number | null): Promise<number> {
  serial += 1
  const n = serial
  let sentAt = 0
  const mail = portalMail(n, runner.address)
  const accepted = session.send(SENDER, runner.address, mail, () => {
    sentAt = performance.now()
  })
  const taken = accepted.then((isTaken) => {
    if (!isTaken) throw new Error('the relay put a message off')
  })
  const [answer] = await Promise.all([runner.next(), taken])
  if (answer.code !== codeOf(n)) throw new Error('a runner was given another code than the one that was sent')
  return answer.at - (dueAt ?? sentAt)
}

/** One message after the other, to one runner after the other. */
export async function oneByOne(port: number, runners: readonly Runner[], count: number): Promise<number[]> {
  const session = await Session.open(port, false)
  const latencies: number[] = []
  for (let n = 0; n < count; n += 1)
    latencies.push(await deliver(session, runners[n % runners.length]!, null))
  await session.quit()
  return latencies
}

/**
 * So many messages a second, whether the relay keeps up or not, each to the runner that has waited longest. A message
 * for which no session or no runner is free counts from when it was due, so that a relay that stops answering is not
 * spared what it held up.
 */
export async function paced(
  port: number,
  all: readonly Runner[],
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<number[]> {
  const opened = await Promise.all(Array.from({ length: SESSIONS }, () => Session.open(port, false)))
  const sessions = createPool(opened)
  const runners = createPool(all)
  const one = async (dueAt: number) => {
    const isLate = sessions.isEmpty() || runners.isEmpty()
    const [session, runner] = await Promise.all([sessions.take(), runners.take()])
    const latency = await deliver(session, runner, isLate ? dueAt : null)
    sessions.give(session)
    runners.give(runner)
    return latency
  }
  const startedAt = performance.now()
  const sent: Promise<number>[] = []
  while (sent.length < perSecond * seconds) {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond)
    while (sent.length < Math.min(due, perSecond * seconds))
      sent.push(one(startedAt + (sent.length * 1000) / perSecond))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const latencies = await Promise.all(sent)
  await Promise.all(opened.map((session) => session.quit()))
  return latencies
}

/** Things that one at a time may use; whoever comes when none is there waits. */
function createPool<T>(items: readonly T[]) {
  const free = [...items]
  const waiting: ((item: T) => void)[] = []
  return {
    isEmpty: () => free.length === 0,
    take: (): Promise<T> => {
      const item = free.shift()
      return item === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(item)
    },
    give(item: T): void {
      const next = waiting.shift()
      if (next) next(item)
      else free.push(item)
    },
  }
}
