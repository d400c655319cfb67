import { isAttemptOpen } from '../src/client/index.ts'
import type { Mail, Mailbox } from './ledger.ts'
import type { Random } from './random.ts'
import { openPortal, type Portal, type Reply } from './smtp.ts'
import { sleep } from './wait.ts'
import { PATIENCE_MS, type World } from './world.ts'

/** Work that goes on until it is told to stop; resolves when the last of it has ended. */
export type Load = { stop(): Promise<void> }

type Loop = (isStopping: () => boolean) => Promise<void>

function run({ closing }: World, loops: readonly Loop[]): Load {
  let isStopping = false
  const running = Promise.all(loops.map((loop) => loop(() => isStopping || closing.aborted)))
  return {
    async stop() {
      isStopping = true
      await running
    },
  }
}

const RECONNECT_MS = 50
/** What a sender does who got no yes: most come again with the same bytes. */
const COMES_AGAIN = 0.7

/** Sends one mail and writes the answer down. @throws Error when the connection ended before an answer */
export async function deliverOnce(portal: Portal, mail: Mail, afterDot?: () => void): Promise<Reply> {
  const { sender, data, mailbox } = mail
  mail.tries += 1
  const reply = await portal.send({ sender, recipient: mailbox.address, data }, afterDot)
  if (reply.code === 250) mail.answer = 'accepted'
  else if (mail.answer === 'none') mail.answer = 'refused'
  return reply
}

/**
 * Portals that send codes nobody waits for: every second connection with STARTTLS, several messages on each,
 * opened again when the relay is back.
 */
export function startFlood(
  world: World,
  options: { portals: number; mailboxes: readonly Mailbox[]; paceMs: number },
): Load {
  const { relay, ledger } = world
  const portalLoop =
    (tls: boolean, random: Random): Loop =>
    async (isStopping) => {
      let portal: Portal | null = null
      let again: Mail[] = []
      while (!isStopping()) {
        let mail: Mail | undefined
        try {
          portal ??= await openPortal(relay.smtpPort, { tls })
          mail = again.shift() ?? ledger.newMail(options.mailboxes[random.below(options.mailboxes.length)]!)
          await deliverOnce(portal, mail)
          if (random.chance(0.1)) portal = close(portal)
        } catch {
          portal = close(portal)
          await sleep(RECONNECT_MS)
        }
        if (mail && mail.answer !== 'accepted' && random.chance(COMES_AGAIN)) again = [...again, mail]
        await sleep(random.between(0, 2 * options.paceMs))
      }
      close(portal)
    }
  const loops = Array.from({ length: options.portals }, (_, index) =>
    portalLoop(index % 2 === 1, world.random.fork(`portal ${index}`)),
  )
  return run(world, loops)
}

function close(portal: Portal | null): null {
  portal?.close()
  return null
}

/** Login runners, each with a connection of its own, that log in one time after the other. */
export function startLogins(world: World, options: { mailboxes: readonly Mailbox[]; paceMs: number }): Load {
  return run(
    world,
    options.mailboxes.map((mailbox, index): Loop => {
      const random = world.random.fork(`runner ${index}`)
      return async (isStopping) => {
        while (!isStopping()) {
          try {
            await logIn(world, mailbox, { tls: index % 2 === 1 })
            if (random.chance(0.1)) await expectOneAttempt(world, mailbox)
          } catch (error) {
            world.ledger.violate(`a login failed: ${String(error).slice(0, 200)}`)
          }
          await sleep(random.between(0, 2 * options.paceMs))
        }
      }
    }),
  )
}

/**
 * One login through the real client: open an attempt, let the portal send its code (again and again, until it is
 * told 250), wait for it, read it once more, report. The code must be the one sent for this very login.
 */
export async function logIn(
  world: World,
  mailbox: Mailbox,
  options: { tls?: boolean; at?: () => number } = {},
): Promise<void> {
  const { client, ledger } = world
  const attempt = await client.openAttempt(mailbox.connectionId, { runner: 'chaos' })
  const mail = ledger.newMail(mailbox, options.at?.())
  const isSent = new AbortController()
  const sending = deliverUntilAccepted(world, mail, options.tls ?? false, isSent.signal)
  const deadline = Date.now() + PATIENCE_MS
  let code = await client.waitForCode(attempt.id, { waitSeconds: 10, deadline })
  while (!code && Date.now() < deadline) {
    code = await client.waitForCode(attempt.id, { waitSeconds: 10, deadline })
  }
  isSent.abort()
  await sending
  if (!code) {
    ledger.violate(`${mail.token}: answered ${mail.answer}, but its code could not be claimed`)
  } else {
    ledger.noteClaim(attempt.id, code)
    if (code.code !== mail.code)
      ledger.violate(`${mail.token}: another code than this login's was handed out`)
    const again = await client.waitForCode(attempt.id, { waitSeconds: 0, deadline: Date.now() + PATIENCE_MS })
    if (again) ledger.noteClaim(attempt.id, again)
    if (again?.id !== code.id) ledger.violate(`${mail.token}: the attempt could not read its code again`)
  }
  await client.reportOutcome(attempt.id, { status: 'CONNECTED', code: 'accepted' })
}

/** Until 250; after `given` the code is out, but a mail that was not answered is still sent once more. */
async function deliverUntilAccepted(
  world: World,
  mail: Mail,
  tls: boolean,
  given: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  let triesAfter = 0
  const isAccepted = (): boolean => mail.answer === 'accepted'
  while (!isAccepted() && performance.now() < deadline && triesAfter < 2) {
    if (given.aborted) triesAfter += 1
    let portal: Portal | null = null
    try {
      portal = await openPortal(world.relay.smtpPort, { tls })
      const reply = await deliverOnce(portal, mail)
      if (reply.code >= 500) world.ledger.violate(`${mail.token}: refused for good, ${reply.text}`)
    } catch {}
    close(portal)
    if (!isAccepted()) await sleep(RECONNECT_MS)
  }
}

/** While one attempt is open, a second one must be refused. */
async function expectOneAttempt({ client, ledger }: World, { connectionId }: Mailbox): Promise<void> {
  const first = await client.openAttempt(connectionId)
  const second = await client.openAttempt(connectionId).catch((error: unknown) => error)
  if (!isAttemptOpen(second)) ledger.violate('two attempts were open for one code source')
  await client.reportOutcome(first.id, {})
}
