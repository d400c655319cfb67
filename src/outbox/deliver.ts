import { blotOut } from '../domain/blot-out.ts'
import { COPY_RETRY_SECONDS, type Courier, type Delivery, type SendResult } from '../domain/delivery.ts'
import { log } from '../log.ts'
import type { DeliveryContent, OutboxStore } from '../store/store.ts'
import type { Clock } from './clock.ts'
import type { CourierPort } from './courier.ts'
import { insist } from './insist.ts'
import { TRY_MS } from './queue.ts'
import { cleanLine } from './wording.ts'

/** What handling one delivery needs. */
export type DeliverDeps = {
  readonly store: Pick<OutboxStore, 'loadDelivery' | 'finishDelivery' | 'getRecipient'>
  readonly couriers: Readonly<Partial<Record<Courier, CourierPort>>>
  readonly clock: Clock
  /** 0 ≤ x < 1; spreads retries. */
  readonly random: () => number
  /** Asked once for each delivery: why it may not leave, such as a limit that is used up; null: it may. */
  readonly admit?: ((delivery: Delivery) => Promise<string | null>) | undefined
  /** Aborted when the process must end now. */
  readonly giveUp: AbortSignal
  readonly onResult?: ((delivery: Delivery, result: SendResult, ms: number) => void) | undefined
}

/**
 * Sends one leased delivery and writes down how it went. Between the two a crash costs one more send, of the
 * same message with the same Message-ID; nothing else can.
 *
 * @returns whether it will be due again
 */
export async function deliver(deps: DeliverDeps, delivery: Delivery, leaseUntil: number): Promise<boolean> {
  const { clock, store } = deps
  // Too late to finish within the lease: whoever leases it next sends it.
  if (clock.now() > leaseUntil - TRY_MS) return true
  const startedAt = clock.now()
  const content = await insist(deps, leaseUntil, () => store.loadDelivery(delivery.id))
  if (content === undefined) return true
  const refusal = await insist(deps, leaseUntil, () => whyNot(deps, delivery, content))
  if (refusal === undefined) return true
  const result =
    refusal !== null || content === null
      ? ({ kind: 'permanent', error: refusal ?? 'removed' } as const)
      : await send(deps, delivery, content)
  const when = { now: clock.now(), nextDueAt: nextDueAt(deps, delivery, result) }
  await insist(deps, leaseUntil, async () => {
    await store.finishDelivery(delivery.id, result, when)
    return true
  })
  report(delivery, result, when)
  deps.onResult?.(delivery, result, when.now - startedAt)
  return when.nextDueAt !== null
}

const NOT_SET_UP: Readonly<Record<Courier, string>> = {
  email: 'copies by e-mail are not set up: OUTBOUND_SMTP_URL is empty',
  sms: 'copies by SMS are not set up: SMS_FROM or the Twilio account is missing',
}

/** Why this may not be sent (any more), or null. People stop and confirm while deliveries wait. */
async function whyNot(
  { couriers, store, admit }: DeliverDeps,
  delivery: Delivery,
  content: DeliveryContent | null,
): Promise<string | null> {
  if (content === null) return 'what it would copy is no longer kept'
  if (!couriers[delivery.courier]) return NOT_SET_UP[delivery.courier]
  // Test mail goes to an inbox, whose owner need not want copies.
  if (delivery.kind === 'inbox_proof') return delivery.tries === 0 && admit ? admit(delivery) : null
  const recipient = await store.getRecipient(delivery.recipientId)
  if (!recipient || recipient.state === 'stopped') return 'the recipient wants no more copies'
  const isQuestion = delivery.kind === 'confirm_recipient'
  if (recipient.state === 'pending' && !isQuestion) return 'the recipient has not confirmed'
  if (recipient.state === 'confirmed' && isQuestion) return 'the recipient has confirmed already'
  return delivery.tries === 0 && admit ? admit(delivery) : null
}

async function send(deps: DeliverDeps, delivery: Delivery, content: DeliveryContent): Promise<SendResult> {
  const { clock, couriers, giveUp } = deps
  if (delivery.expiresAt !== null && delivery.expiresAt <= clock.now()) {
    return { kind: 'temporary', error: 'the code expired before it could be sent' }
  }
  const deadline = new AbortController()
  const cancel = clock.after(TRY_MS, () => deadline.abort(new Error('no answer in time')))
  try {
    const signal = AbortSignal.any([deadline.signal, giveUp])
    return withoutSecrets(await couriers[delivery.courier]!.send(content, signal), content)
  } catch (error) {
    return withoutSecrets({ kind: 'temporary', error: cleanLine(String(error), 200) }, content)
  } finally {
    cancel()
  }
}

/** Mail systems quote what they refuse, and what they said is logged, stored in the clear and shown to companies. */
function withoutSecrets(result: SendResult, { code, message }: DeliveryContent): SendResult {
  if (result.kind === 'sent') return result
  const candidates = message?.extraction.candidates.flatMap((one) => [one.code, one.shown]) ?? []
  const clean = (text: string): string => blotOut(text, [code?.code, message?.subject, ...candidates])
  const bounce = 'bounce' in result && result.bounce
  return {
    ...result,
    error: clean(result.error),
    ...(bounce ? { bounce: { ...bounce, text: clean(bounce.text) } } : {}),
  }
}

/**
 * When to try again, or null: never. Up to a tenth earlier or later, so that what failed together spreads out; no
 * later than the code expires, as the store then lays the delivery aside as expired.
 */
function nextDueAt({ clock, random }: DeliverDeps, delivery: Delivery, result: SendResult): number | null {
  const seconds = COPY_RETRY_SECONDS[delivery.tries]
  if (result.kind !== 'temporary' || seconds === undefined) return null
  const now = clock.now()
  const at = Math.round(now + seconds * 1000 * (0.9 + 0.2 * random()))
  return delivery.expiresAt === null ? at : Math.min(at, Math.max(now, delivery.expiresAt))
}

function report(
  delivery: Delivery,
  result: SendResult,
  when: { now: number; nextDueAt: number | null },
): void {
  const event = { deliveryId: delivery.id, courier: delivery.courier, tries: delivery.tries + 1 }
  if (result.kind === 'sent') log.deliverySent({ ...event, ms: when.now - delivery.createdAt })
  else if (when.nextDueAt === null) log.deliveryFailed({ ...event, error: result.error })
  else {
    const inSeconds = Math.round((when.nextDueAt - when.now) / 1000)
    log.deliveryRetried({ ...event, error: result.error, inSeconds })
  }
}
