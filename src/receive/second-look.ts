import type { NewDelivery, StoredMessage } from '../domain/inbound-record.ts'
import type { MailboxContext } from '../domain/mailbox.ts'
import type { InboundEmail } from '../domain/message.ts'
import { log } from '../log.ts'
import type { PlanCopies, ReceiveDeps } from '../receive.ts'
import { type Rounds, startRounds } from '../rounds.ts'
import type { Store } from '../store/store.ts'
import type { SecondLook } from '../store/trust-store.ts'
import { OUTBOX_TOPIC } from '../wakeup/wakeup.ts'
import { makeCode } from './code.ts'
import { isUnanswered, nextLookAt } from './unanswered.ts'

export type SecondLookDeps = Pick<ReceiveDeps, 'wakeup' | 'read' | 'findUtility'> & {
  readonly store: Pick<
    Store,
    'findMailbox' | 'getMessage' | 'readBody' | 'listSecondLooks' | 'settleSecondLook'
  >
  readonly planCopies: PlanCopies
  /** Runs a round only while no other node does; absent: there is none. */
  readonly alone?: (round: () => Promise<void>) => Promise<unknown>
  readonly everyMs?: number
  readonly now?: () => number
}

const EVERY_MS = 15_000
const AT_ONCE = 50

/**
 * Judges messages again that were kept because DNS did not answer. One that is then believed is as good as if it
 * had been from the start: its code becomes claimable, if it still lives.
 */
export function startSecondLooks(deps: SecondLookDeps): Rounds {
  const { store, alone = (run) => run(), everyMs = EVERY_MS, now = Date.now } = deps
  const round = async (isStopped: () => boolean): Promise<void> => {
    for (const id of await store.listSecondLooks(now(), AT_ONCE)) {
      if (isStopped()) return
      await look(deps, id, now())
    }
  }
  return startRounds((isStopped) => alone(() => round(isStopped)), {
    everyMs,
    onError: (error) => log.fault({ where: 'second look', error }),
  })
}

async function look(deps: SecondLookDeps, id: string, now: number): Promise<void> {
  const { store } = deps
  const message = await store.getMessage(id)
  const context = message && (await store.findMailbox(message.mailbox))
  const found = message && context ? await judgeAgain(deps, message, context, now) : GIVEN_UP
  if (!(await store.settleSecondLook(id, found)) || !found.verdict) return
  log.judgedAgain({ messageId: id, verdict: found.verdict.level, hasCode: found.code !== null })
  if (found.code) deps.wakeup.notify(found.code.source)
  if (found.deliveries.length > 0) deps.wakeup.notify(OUTBOX_TOPIC)
}

const GIVEN_UP: SecondLook = { code: null, deliveries: [], nextLookAt: null }

async function judgeAgain(
  deps: SecondLookDeps,
  message: StoredMessage,
  context: MailboxContext,
  now: number,
): Promise<SecondLook> {
  const note = { actor: 'relay', action: 'message.judged_again', at: now }
  const raw = context.mailbox.retiredAt === null ? await deps.store.readBody(message.id, note) : null
  if (!raw) return GIVEN_UP
  const reading = await deps.read(asArrived(message, raw), [{ address: message.mailbox, context }])
  const found = reading.perMailbox[0]
  if (!found) throw new Error('the reading is empty')
  if (isUnanswered(found.verdict)) {
    return { ...GIVEN_UP, nextLookAt: nextLookAt(message.receivedAt, now) }
  }
  const { temporaryFailure: _, ...judged } = found.verdict
  const text = `Judged again at ${new Date(now).toISOString()}, when DNS answered`
  const verdict = { ...judged, reasons: [...judged.reasons, { code: 'second_look', text }] }
  const code = makeCode(deps.findUtility, context, found, message.sentAt)
  const copies: readonly NewDelivery[] = deps.planCopies(context, found, code)
  const isAlive = code === null || code.expiresAt > now
  return { verdict, code, deliveries: isAlive ? copies : [], nextLookAt: null }
}

/** As the door had it, as far as that is kept. */
const asArrived = (message: StoredMessage, raw: Uint8Array): InboundEmail => ({
  channel: 'email',
  id: message.id,
  door: 'smtp',
  receivedAt: message.receivedAt,
  envelope: { sender: message.envelopeSender, recipients: [message.mailbox] },
  client: { ...(message.clientAddress === null ? {} : { address: message.clientAddress }), tls: false },
  raw,
})
