import { newId } from '../../domain/id.ts'
import type { Mailbox } from '../../domain/mailbox.ts'
import type { InboundMessage } from '../../domain/message.ts'
import { log } from '../../log.ts'
import { isReplyToCopies } from './replies.ts'
import { describeTwilioError, type TwilioClient } from './twilio-client.ts'

export type ReconcileDeps = {
  readonly client: Pick<TwilioClient, 'messages'>
  readonly smsFrom: string
  /** Our active numbers. */
  readonly listNumbers: () => Promise<readonly Mailbox[]>
  readonly hasMessage: (mailbox: string, sid: string) => Promise<boolean>
  readonly receive: (message: InboundMessage) => Promise<unknown>
  /** Runs a round only while no other node does; absent: there is none. */
  readonly alone?: (round: () => Promise<Round>) => Promise<Round | null>
  readonly now?: () => number
  /** Between two rounds. */
  readonly everyMs?: number
}

export type Reconciliation = {
  /** One round now, beside the regular ones; never two at once. */
  run(): Promise<Round>
  /** Ends after the round that is under way. */
  stop(): Promise<void>
}

const EVERY_MS = 60_000
/** So far back the first round looks. */
const FIRST_LOOK_BACK_MS = 24 * 3_600_000
/** Rounds overlap, as a message may be listed later than it came. */
const OVERLAP_MS = 3_600_000
/** With more numbers than this the whole account is listed at once instead of number by number. */
const NUMBERS_ASKED_SINGLY = 10
const PAGE_SIZE = 200

type Round = { readonly messages: number; readonly stored: number }
type Listed = Awaited<ReturnType<TwilioClient['messages']['list']>>[number]

/**
 * Fetches what an outage kept from us: Twilio calls a webhook hardly twice, but lists what it received. Runs at
 * once and then every minute. A message that is stored already is left alone.
 */
export function startReconciliation(deps: ReconcileDeps): Reconciliation {
  const { now = Date.now, alone = (run) => run() } = deps
  /** Nothing that came before is missing. Moves only when a whole round went well. */
  let completeUntil = now() - FIRST_LOOK_BACK_MS + OVERLAP_MS
  let underWay: Promise<Round> | null = null

  const round = async (): Promise<Round> => {
    const startedAt = now()
    try {
      const { failed, ...result } = await reconcile(deps, new Date(completeUntil - OVERLAP_MS))
      if (failed === 0) completeUntil = startedAt
      if (result.stored > 0) log.twilioFetched(result)
      return result
    } catch (error) {
      log.twilioFetchFailed({ error: new Error(describeTwilioError(error)) })
      return { messages: 0, stored: 0 }
    }
  }
  const run = (): Promise<Round> => {
    underWay ??= alone(round)
      .catch((error: unknown) => {
        log.fault({ where: 'Twilio reconciliation', error })
        return null
      })
      .then((result) => result ?? { messages: 0, stored: 0 })
      .finally(() => {
        underWay = null
      })
    return underWay
  }
  const timer = setInterval(run, deps.everyMs ?? EVERY_MS)
  timer.unref()
  void run()
  return {
    run,
    stop: async () => {
      clearInterval(timer)
      await underWay
    },
  }
}

async function reconcile(deps: ReconcileDeps, since: Date): Promise<Round & { failed: number }> {
  const now = deps.now ?? Date.now
  const numbers = new Map((await deps.listNumbers()).map((mailbox) => [mailbox.address, mailbox]))
  if (numbers.size === 0) return { messages: 0, stored: 0, failed: 0 }
  const listed = await listReceived(deps.client, [...numbers.keys()], since)
  const result = { messages: listed.length, stored: 0, failed: 0 }
  // Oldest first, as they would have come.
  for (const text of listed.sort((a, b) => arrivedAt(a) - arrivedAt(b))) {
    const mailbox = numbers.get(text.to)
    if (!mailbox || !isOurs(text, mailbox, deps.smsFrom)) continue
    try {
      if (await deps.hasMessage(text.to, text.sid)) continue
      await deps.receive(toMessage(text, now()))
      result.stored += 1
    } catch (error) {
      result.failed += 1
      log.receiveFailed({ door: 'twilio-fetch', error })
    }
  }
  return result
}

async function listReceived(
  client: ReconcileDeps['client'],
  numbers: readonly string[],
  dateSentAfter: Date,
): Promise<Listed[]> {
  const page = { dateSentAfter, pageSize: PAGE_SIZE }
  const filters = numbers.length > NUMBERS_ASKED_SINGLY ? [page] : numbers.map((to) => ({ ...page, to }))
  const listed: Listed[] = []
  for (const filter of filters) listed.push(...(await client.messages.list(filter)))
  return listed.filter(({ direction }) => direction === 'inbound')
}

/** A number that had another owner before: what came then was not for this connection. */
const isOurs = (text: Listed, mailbox: Mailbox, smsFrom: string): boolean =>
  arrivedAt(text) >= mailbox.createdAt &&
  !isReplyToCopies(
    { to: text.to, body: text.body, messagingServiceSid: text.messagingServiceSid },
    { smsFrom },
  )

/**
 * When it came to Twilio: an old code that is fetched late must not look new. Twilio tells whole seconds only, and
 * what came within a second may have come at its end.
 */
const arrivedAt = ({ dateSent, dateCreated }: Listed): number => (dateSent ?? dateCreated).getTime() + 999

const toMessage = (text: Listed, now: number): InboundMessage => ({
  channel: 'sms',
  id: newId(),
  door: 'twilio-fetch',
  receivedAt: Math.min(arrivedAt(text), now),
  sid: text.sid,
  sender: text.from,
  recipient: text.to,
  body: text.body,
})
