import { checkAll } from '../check.ts'
import { type Clock, movableClock } from '../clocks.ts'
import type { Mailbox } from '../ledger.ts'
import { logIn } from '../load.ts'
import { sendOne } from '../outage.ts'
import type { Scenario } from '../scenario.ts'
import { sleep, until } from '../wait.ts'
import { createWorld, type World } from '../world.ts'

const HOUR_MS = 3_600_000
const CONNECTIONS = 5
const COPIES_MS = 60_000
/** A poll of one second may be late on a busy machine, but not by this. */
const POLL_LIMIT_MS = 8_000
/** So that a poll is surely waiting when the clock is moved. */
const REGISTERED_MS = 500

type Stage = { readonly world: World; readonly clock: Clock }

/** The clock jumps an hour forwards and backwards, and stops. */
export const clock: Scenario = {
  name: 'clock',
  about: 'the clock jumps an hour forwards, backwards, and stops; kill -9 on the way',
  async run(plan) {
    const moved = movableClock()
    try {
      const world = await createWorld({
        seed: `${plan.seed}/clock`,
        connections: CONNECTIONS,
        env: moved.env,
      })
      try {
        world.ledger.note(`clock: ${moved.how}`)
        const stage = { world, clock: moved }
        await jumpForwards(stage)
        await jumpBackwards(stage)
        await stopClock(stage)
        await jumpWhileCopyInFlight(stage)
        const totals = await checkAll(world, { copiesMs: COPIES_MS })
        return { totals, violations: world.ledger.violations, notes: world.ledger.notes }
      } finally {
        await world.close()
      }
    } finally {
      moved.remove()
    }
  },
}

const openAttempt = async ({ api }: World, { connectionId }: Mailbox) =>
  api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})

/** One poll as it is: its status, and the code. */
async function poll(world: World, attemptId: string, wait: number) {
  const startedAt = performance.now()
  const { status, body } = await world.api<{ id: string; code: string }>(
    'GET',
    `/v2/attempt/${attemptId}/code?wait=${wait}`,
  )
  if (status === 200) world.ledger.noteClaim(attemptId, body)
  return { status, body, tookMs: performance.now() - startedAt }
}

async function accept({ world, clock }: Stage, mailbox: Mailbox) {
  const mail = world.ledger.newMail(mailbox, clock.now())
  const reply = await sendOne(world, mail)
  if (reply.code !== 250) world.ledger.violate(`the clock moved, and mail was answered ${reply.text}`)
  return mail
}

/** A copy that is still due when its code dies is not sent, and rightly so. */
async function copiesSent({ ledger, sink }: World): Promise<void> {
  const taken = () => new Set(sink.taken.map(({ reference }) => reference))
  await until(() => [...ledger.mails.values()].every(({ messageId }) => taken().has(messageId)), COPIES_MS)
}

/** What was open is over, what was not claimed is dead, and the next login works. */
async function jumpForwards(stage: Stage): Promise<void> {
  const { world, clock } = stage
  const [box, other] = world.mailboxes as [Mailbox, Mailbox]
  await logIn(world, box, { at: clock.now })
  const old = await openAttempt(world, box)
  await accept(stage, box)
  const waiting = await openAttempt(world, other)
  await copiesSent(world)

  clock.shift(HOUR_MS)
  if ((await poll(world, old.body.id, 0)).status !== 410)
    world.ledger.violate('an attempt outlived its ten minutes')
  if ((await poll(world, waiting.body.id, 5)).status !== 410)
    world.ledger.violate('a runner could wait on an attempt that is over')
  const next = await openAttempt(world, box)
  if (next.status !== 201) world.ledger.violate(`after an hour a new attempt was answered ${next.status}`)
  if ((await poll(world, next.body.id, 0)).status !== 204)
    world.ledger.violate('a code of an hour ago was handed out')
  // A portal whose clock did not jump seems to have sent this before the attempt: no code, as documented.
  const late = world.ledger.newMail(box, Date.now())
  late.isDeadOnArrival = true
  await sendOne(world, late)
  if ((await poll(world, next.body.id, 1)).status !== 204)
    world.ledger.violate('a code was handed out that was sent before its attempt')
  await world.client.reportOutcome(next.body.id, {})
  await logIn(world, box, { at: clock.now })
}

/** The attempt of the future stays one; its codes are no one else's; the next login works. */
async function jumpBackwards(stage: Stage): Promise<void> {
  const { world, clock } = stage
  const [, , box, other] = world.mailboxes as [Mailbox, Mailbox, Mailbox, Mailbox]
  const held = await openAttempt(world, box)
  const mail = await accept(stage, box)
  const claimed = await poll(world, held.body.id, 5)
  if (claimed.body.code !== mail.code) world.ledger.violate('the code before the jump was not handed out')
  await accept(stage, other)

  const waiting = world.api('GET', `/v2/attempt/${held.body.id}/code?wait=2&after=${claimed.body.id}`)
  await sleep(REGISTERED_MS)
  const startedAt = performance.now()
  clock.shift(0)
  await waiting.catch(() => null)
  if (performance.now() - startedAt > POLL_LIMIT_MS)
    world.ledger.violate('a poll of 2 s did not end after the clock went back')
  if ((await poll(world, held.body.id, 0)).body.id !== claimed.body.id)
    world.ledger.violate('an attempt lost its code as the clock went back')
  const second = await openAttempt(world, box)
  if (second.status !== 409) world.ledger.violate(`a second attempt was answered ${second.status}`)
  await world.client.reportOutcome(held.body.id, {})
  await logIn(world, box, { at: clock.now })

  // This connection's code came before the attempt, whatever its time says: nobody asked for it.
  const next = await openAttempt(world, other)
  const stale = await poll(world, next.body.id, 0)
  if (stale.status !== 204) world.ledger.violate('a code that came before the attempt was handed to it')
  await world.client.reportOutcome(next.body.id, {})
}

/** Logins work, waiting ends, readiness tells the truth, a kill is survived. */
async function stopClock(stage: Stage): Promise<void> {
  const { world, clock } = stage
  const box = world.mailboxes[4]!
  clock.stop()
  await logIn(world, box, { at: clock.now })
  const attempt = await openAttempt(world, box)
  const waited = await poll(world, attempt.body.id, 1).catch(() => null)
  if (waited?.status !== 204 || waited.tookMs > POLL_LIMIT_MS)
    world.ledger.violate('a poll of 1 s did not end while the clock stood still')
  await world.relay.kill()
  await world.relay.start()
  const mail = await accept(stage, box)
  const code = await poll(world, attempt.body.id, 5)
  if (code.body.code !== mail.code) world.ledger.violate('no code after a kill while the clock stood still')
  await world.client.reportOutcome(attempt.body.id, { status: 'CONNECTED', code: 'accepted' })
  clock.shift(0)
}

/** A lease seems to run out while its copy is being sent: nobody was killed, so nobody may get it twice. */
async function jumpWhileCopyInFlight(stage: Stage): Promise<void> {
  const { world, clock } = stage
  const { sink } = world
  const [box, other] = world.mailboxes as [Mailbox, Mailbox]
  const mail = world.ledger.newMail(box, clock.now())
  sink.options.behave = (_, reference) =>
    reference === mail.messageId ? { kind: 'hold', ms: 1_500 } : { kind: 'accept' }
  await sendOne(world, mail)
  const inFlight = () => sink.taken.filter(({ reference }) => reference === mail.messageId)
  await until(() => inFlight().length > 0, COPIES_MS)
  // Longer than a lease, shorter than a code lives.
  clock.shift(4 * 60_000)
  await accept(stage, other)
  await until(() => inFlight().some(({ outcome }) => outcome === 'accepted'), COPIES_MS)
  await until(() => inFlight().length > 1, 1_000)
  if (inFlight().length > 1) world.ledger.violate('a copy in flight was sent again as the clock jumped')
  clock.shift(0)
}
