import { checkAcknowledged, checkAll } from '../check.ts'
import type { Mail, Mailbox } from '../ledger.ts'
import { deliverOnce } from '../load.ts'
import type { Plan, Scenario } from '../scenario.ts'
import type { Step } from '../sink.ts'
import { openPortal } from '../smtp.ts'
import { spinUntil, until } from '../wait.ts'
import { createWorld, type World } from '../world.ts'

/** At which step between the last byte of DATA and the copy's 250 to kill, and how long after it. */
type Aim = { readonly at: 'data sent' | 'answered' | Step; readonly afterMs: number }

const TICK_MS = 0.2
const REACH_MS = 10_000
const COPIES_MS = 60_000
/** The customer's server keeps the relay waiting for its reply: the kill finds the copy in flight. */
const HOLD_MS = 40

/** kill -9 at chosen steps, one message at a time, so that each kill hits what it aims at. */
export const killSweep: Scenario = {
  name: 'kill-sweep',
  about: 'kill -9 at each step from the last byte of DATA to the copy’s 250',
  async run(plan) {
    const world = await createWorld({ seed: `${plan.seed}/sweep`, connections: 5 })
    try {
      world.sink.options.behave = () => ({ kind: 'hold', ms: HOLD_MS })
      const deadline = performance.now() + plan.seconds * 1000
      const answerMs = await usualAnswerMs(world)
      world.ledger.note(`DATA is usually answered after ${answerMs.toFixed(1)} ms`)
      const reached = { yes: 0, no: 0 }
      for (const [index, aim] of aims(plan, answerMs).entries()) {
        if (performance.now() > deadline) break
        const mailbox = world.mailboxes[index % world.mailboxes.length]!
        const hit = await killOnce(world, mailbox, aim, index % 2 === 1)
        reached[hit ? 'yes' : 'no'] += 1
        if (index % 10 === 9)
          plan.say(`${index + 1} kills, the last at ${aim.at} + ${aim.afterMs.toFixed(1)} ms`)
      }
      if (reached.no > 0) world.ledger.note(`${reached.no} kills had to be made after their step passed`)
      const totals = await checkAll(world, { copiesMs: COPIES_MS })
      return { totals, violations: world.ledger.violations, notes: world.ledger.notes }
    } finally {
      await world.close()
    }
  },
}

/** Half of them sweep the time until the 250; the others the way of the copy and of the claim. */
function aims({ kills }: Plan, answerMs: number): Aim[] {
  const sweep = Math.max(1, Math.floor(kills / 2))
  // No finer than a tick, no further than the 250 and what follows it.
  const stride = Math.max(TICK_MS, (1.5 * answerMs) / sweep)
  const beforeAnswer = Array.from(
    { length: sweep },
    (_, k): Aim => ({ at: 'data sent', afterMs: k * stride }),
  )
  const onTheWay: Aim['at'][] = [
    'dot',
    'answered',
    'replied',
    'body',
    'mail',
    'answered',
    'rcpt',
    'replied',
    'data',
  ]
  const afterAnswer = Array.from({ length: kills - sweep }, (_, k): Aim => {
    // Each round aims a tick later than the one before.
    const afterMs = Math.floor(k / onTheWay.length) * TICK_MS
    return { at: onTheWay[k % onTheWay.length]!, afterMs }
  })
  return [...beforeAnswer, ...afterAnswer]
}

const WARM_UP = 7

async function usualAnswerMs(world: World): Promise<number> {
  const portal = await openPortal(world.relay.smtpPort, { tls: false })
  const took: number[] = []
  for (let index = 0; index < WARM_UP; index += 1) {
    let dotAt = 0
    await deliverOnce(portal, world.ledger.newMail(world.mailboxes[0]!), () => {
      dotAt = performance.now()
    })
    took.push(performance.now() - dotAt)
  }
  portal.close()
  return took.sort((a, b) => a - b)[Math.floor(WARM_UP / 2)]!
}

/** One message, one kill, one restart, and what must hold then. Answers whether the kill hit its step. */
async function killOnce(world: World, mailbox: Mailbox, aim: Aim, tls: boolean): Promise<boolean> {
  const { relay, client, ledger, sink } = world
  const attempt = await client.openAttempt(mailbox.connectionId)
  const mail = ledger.newMail(mailbox)
  let killing: Promise<void> | null = null
  const kill = (): void => {
    spinUntil(performance.now() + aim.afterMs)
    killing ??= relay.kill()
  }
  sink.options.onStep = (step, taken) => {
    const isOurs = taken === undefined || taken.reference === mail.messageId
    if (step === aim.at && isOurs && mail.tries > 0) kill()
  }
  // The runner waits before the code is sent, so that the claim follows the 250 at once.
  const waiting = world.api<{ id: string; code: string }>('GET', `/v2/attempt/${attempt.id}/code?wait=10`)
  const answered = waiting.catch(() => null)
  try {
    const portal = await openPortal(relay.smtpPort, { tls })
    await deliverOnce(portal, mail, aim.at === 'data sent' ? kill : undefined)
    if (aim.at === 'answered') kill()
    portal.close()
  } catch {}
  const isHit = (await until(() => killing !== null, REACH_MS)) === true
  if (!isHit) kill()
  sink.options.onStep = undefined
  await killing
  const early = await answered
  await relay.start()
  await checkAcknowledged(world)
  await expectTheCode(world, attempt.id, mail, early?.status === 200 ? early.body : null)
  return isHit
}

const CLAIM_SECONDS = 10

/** The attempt gets its code, the same as it may have read before the kill; the next attempt gets none. */
async function expectTheCode(
  world: World,
  attemptId: string,
  mail: Mail,
  early: { id: string; code: string } | null,
): Promise<void> {
  const { relay, client, ledger } = world
  if (early) ledger.noteClaim(attemptId, early)
  if (mail.answer !== 'accepted') {
    const portal = await openPortal(relay.smtpPort, { tls: false })
    const reply = await deliverOnce(portal, mail)
    portal.close()
    if (reply.code !== 250) ledger.violate(`${mail.token}: sent again after the kill, answered ${reply.text}`)
  }
  const code = await client.waitForCode(attemptId, { waitSeconds: CLAIM_SECONDS })
  if (code) ledger.noteClaim(attemptId, code)
  if (code?.code !== mail.code)
    ledger.violate(`${mail.token}: its attempt was given ${code ? 'another code' : 'none'}`)
  if (early && early.id !== code?.id) ledger.violate(`${mail.token}: read again as another code`)
  await client.reportOutcome(attemptId, { status: 'CONNECTED', code: 'accepted' })

  const next = await client.openAttempt(mail.mailbox.connectionId)
  const stolen = await client.waitForCode(next.id, { waitSeconds: 0 })
  if (stolen) ledger.noteClaim(next.id, stolen)
  if (stolen) ledger.violate(`${mail.token}: a second attempt was given a code`)
  await client.reportOutcome(next.id, {})
}
