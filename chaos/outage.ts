import type { Mail, Mailbox } from './ledger.ts'
import { deliverOnce } from './load.ts'
import { openPortal, type Reply } from './smtp.ts'
import { until } from './wait.ts'
import type { World } from './world.ts'

/*
 * What must be seen from outside while the store can write nothing: senders are told to come again, readiness
 * says no, the process lives, runners that wait are answered. And what must be seen once it can again.
 */

const TURN_MS = 30_000
/** A portal's page that carries more than its code: fills what room is left in the store's files. */
const PADDING = `${'x'.repeat(70)}\r\n`.repeat(600)

/** A runner that waits across the outage. */
export type Waiter = {
  readonly attemptId: string
  readonly mailbox: Mailbox
  readonly answer: Promise<unknown>
}

const WAIT_SECONDS = 60

/** Opens an attempt and waits through the client, which comes back when it is told to. */
export async function startWaiter(world: World, mailbox: Mailbox): Promise<Waiter> {
  const attempt = await world.client.openAttempt(mailbox.connectionId)
  const deadline = Date.now() + 2 * WAIT_SECONDS * 1000
  const answer = world.client
    .waitForCode(attempt.id, { waitSeconds: WAIT_SECONDS, deadline })
    .then((code) => {
      if (code) world.ledger.noteClaim(attempt.id, code)
      return code?.code ?? null
    })
    .catch((error: unknown) => String(error))
  return { attemptId: attempt.id, mailbox, answer }
}

/** One mail on a connection of its own. @throws Error when it was not answered */
export async function sendOne(world: World, mail: Mail, afterDot?: () => void): Promise<Reply> {
  const portal = await openPortal(world.relay.smtpPort, { tls: false })
  try {
    return await deliverOnce(portal, mail, afterDot)
  } finally {
    portal.close()
  }
}

const status = async (world: World, path: string): Promise<number> => (await world.api('GET', path)).status

/**
 * While nothing can be written.
 *
 * @returns an attempt that was opened nonetheless, if the last free bytes held it: then it must last
 */
export async function expectOutage(world: World, mailbox: Mailbox): Promise<string | null> {
  const { ledger, client } = world
  // What room the files still have is used up first.
  const isRefused = await until(async () => {
    const mail = world.ledger.newMail(mailbox)
    const reply = await sendOne(world, { ...mail, data: mail.data + PADDING, mailbox })
    if (reply.code === 250) mail.answer = 'accepted'
    if (reply.code >= 500) ledger.violate(`a disk that fails was answered ${reply.text}`)
    return reply.code === 451
  }, TURN_MS)
  if (!isRefused) ledger.violate('SMTP never answered 451')
  if (!(await until(async () => (await status(world, '/readyz')) === 503, TURN_MS)))
    ledger.violate('readiness never answered 503')
  if ((await status(world, '/healthz')) !== 200) ledger.violate('the process did not say that it lives')
  const unknown = await sendOne(world, { ...ledger.newMail(mailbox), mailbox: nobody(mailbox) })
  if (unknown.code !== 550) ledger.violate(`an unknown recipient was answered ${unknown.text}`)

  const list = await status(world, `/v2/connection/${mailbox.connectionId}/messages`)
  if (list !== 200) ledger.violate(`the list of messages was answered ${list}`)
  const open = await client
    .openAttempt(mailbox.connectionId, {}, { signal: AbortSignal.timeout(3_000) })
    .catch(() => null)
  return open?.id ?? null
}

const nobody = (mailbox: Mailbox): Mailbox => ({ ...mailbox, address: 'nobody@relay.test' })

/** A waiter from before the outage must still be waiting and not have been turned away. */
export async function expectStillWaiting({ ledger }: World, { answer }: Waiter): Promise<void> {
  const early = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 1, 'waiting'))])
  if (early !== 'waiting') ledger.violate(`a waiting runner was turned away: ${String(early)}`)
}

/** Once it can write again: ready, mail is taken, and the waiter gets its code. */
export async function expectRecovery(world: World, waiter: Waiter, openedId: string | null): Promise<void> {
  const { ledger } = world
  if (openedId && (await status(world, `/v2/attempt/${openedId}`)) !== 200)
    ledger.violate('an attempt was answered 201 and is not in the store')
  if (!(await until(async () => (await status(world, '/readyz')) === 200, TURN_MS)))
    ledger.violate('readiness did not come back')
  const mail = ledger.newMail(waiter.mailbox)
  const isTaken = await until(async () => (await sendOne(world, mail)).code === 250, TURN_MS)
  if (!isTaken) ledger.violate('mail was not taken again')
  const code = await waiter.answer
  if (code !== mail.code) ledger.violate(`the waiting runner got ${code === null ? 'no code' : String(code)}`)
  await world.client.reportOutcome(waiter.attemptId, { status: 'CONNECTED', code: 'accepted' })
}
