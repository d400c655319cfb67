import type { NoticeMail } from '../domain/notice.ts'
import { log } from '../log.ts'
import type { NoticeResult, NoticeStore } from '../store/notice-store.ts'
import { NOTICES_TOPIC, type Wakeup } from '../wakeup/wakeup.ts'
import { type Clock, systemClock } from './clock.ts'
import type { NoticeMailer } from './email/notice.ts'
import { insist } from './insist.ts'
import { GOES_PER_CLAIM, type Queue, startQueue, TRY_MS } from './queue.ts'

/** What sending mails to people works with; handed in by assemble.ts. */
export type NoticeOutboxDeps = {
  readonly store: Pick<
    NoticeStore,
    'claimNoticeMails' | 'loadNoticeMail' | 'finishNoticeMail' | 'releaseNoticeMails' | 'nextNoticeAt'
  >
  readonly mailer: NoticeMailer
  readonly wakeup: Pick<Wakeup, 'subscribe'>
  readonly holder: string
  readonly clock?: Clock
}

/** Two at once: nobody waits for these. */
const CONCURRENCY = 2
/** Waits before the 2nd, 3rd … try; what they tell is no news after a day. */
const RETRY_SECONDS = [60, 300, 1800, 7200, 21_600]

/** Starts to send mails that are due. */
export function startNoticeOutbox(deps: NoticeOutboxDeps): Queue {
  const { store, wakeup, holder, clock = systemClock } = deps
  return startQueue<NoticeMail, 'notices'>({
    clock,
    wakeup,
    topic: NOTICES_TOPIC,
    async claim({ now, leaseUntil, limitEach: limit, busy }) {
      if (busy.length > 0) return []
      // A look costs the writer nothing, and mostly there is nothing.
      const next = await store.nextNoticeAt()
      return next === null || next > now ? [] : store.claimNoticeMails({ now, leaseUntil, holder, limit })
    },
    nextAt: async (busy) => (busy.length > 0 ? null : store.nextNoticeAt()),
    release: () => store.releaseNoticeMails(holder),
    handle: (mail, leaseUntil, giveUp) => sendNotice({ ...deps, clock }, mail, leaseUntil, giveUp),
    laneOf: () => 'notices',
    concurrencyOf: () => CONCURRENCY,
    limitEach: GOES_PER_CLAIM * CONCURRENCY,
  })
}

async function sendNotice(
  { store, mailer, clock }: NoticeOutboxDeps & { readonly clock: Clock },
  mail: NoticeMail,
  leaseUntil: number,
  giveUp: AbortSignal,
): Promise<boolean> {
  if (clock.now() > leaseUntil - TRY_MS) return true
  const waiting = { clock, giveUp }
  const content = await insist(waiting, leaseUntil, () => store.loadNoticeMail(mail.id))
  if (content === undefined) return true
  const result: NoticeResult = content ? await tryToSend(mailer, content, clock, giveUp) : { kind: 'dropped' }
  if (giveUp.aborted && result.kind === 'failed') return true
  const now = clock.now()
  const seconds = RETRY_SECONDS[mail.tries]
  const isOver = result.kind !== 'failed' || result.isFinal === true || seconds === undefined
  const nextDueAt = isOver ? null : now + seconds * 1000
  await insist(waiting, leaseUntil, async () => {
    await store.finishNoticeMail(mail.id, result, { now, nextDueAt })
    return true
  })
  log.noticeMail({
    mailId: mail.id,
    result: result.kind,
    items: content?.items.length ?? 0,
    tries: mail.tries + 1,
    error: result.kind === 'failed' ? result.error : null,
  })
  return nextDueAt !== null
}

async function tryToSend(
  mailer: NoticeMailer,
  content: Parameters<NoticeMailer['send']>[0],
  clock: Clock,
  giveUp: AbortSignal,
): Promise<NoticeResult> {
  const deadline = new AbortController()
  const cancel = clock.after(TRY_MS, () => deadline.abort(new Error('no answer in time')))
  try {
    const sent = await mailer.send(content, AbortSignal.any([deadline.signal, giveUp]))
    if (sent.kind === 'sent') return { kind: 'sent', told: content.items.map(({ noticeId }) => noticeId) }
    const isFinal = sent.kind === 'permanent'
    return {
      kind: 'failed',
      error: sent.error,
      isFinal,
      ...(isFinal && sent.bounce ? { bounce: sent.bounce } : {}),
    }
  } finally {
    cancel()
  }
}
