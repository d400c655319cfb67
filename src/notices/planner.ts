import { log } from '../log.ts'
import type { NoticeStore } from '../store/notice-store.ts'
import { ANY_TOPIC, EVENTS_TOPIC, NOTICES_TOPIC, type Wakeup } from '../wakeup/wakeup.ts'

/** What decides whom to tell, handed in by assemble.ts. */
export type PlannerDeps = {
  readonly store: Pick<NoticeStore, 'planNotices' | 'findUnproven'>
  readonly wakeup: Pick<Wakeup, 'notify' | 'subscribe'>
  readonly settings: {
    readonly isOn: boolean
    readonly gatherMinutes: number
    readonly spacingMinutes: number
    readonly forwardingDays: number
  }
  readonly now?: () => number
  /** Calls once after `ms`; answers how to call it off. */
  readonly after?: (ms: number, call: () => void) => () => void
}

export type Planner = {
  /** Plans what there is now. */
  run(): Promise<void>
  stop(): Promise<void>
}

const MINUTE_MS = 60_000
const DAY_MS = 1440 * MINUTE_MS
/** Nobody is told the same thing twice in a day. */
const REPEAT_MS = DAY_MS
const EVERY_MS = MINUTE_MS
/** Hints come in crowds. */
const SOON_MS = 1_000
/** What one write plans: a few milliseconds of work. */
const STEP = 50

/**
 * Decides, soon after something happened and every minute, whom to tell of it and when. That it happened is written
 * down with the thing itself, so nothing is lost in between; a failing round is tried again at the next.
 */
export function startPlanner(deps: PlannerDeps): Planner {
  const { wakeup, after = afterTimeout } = deps
  let running: Promise<void> | null = null
  let cancel: (() => void) | null = null
  let isStopped = false

  let isSoon = false
  const run = (): Promise<void> => {
    isSoon = false
    running ??= round(deps, () => isStopped)
      .catch((error: unknown) => log.fault({ where: 'planning what people are told', error }))
      .finally(() => {
        running = null
        schedule(EVERY_MS)
      })
    return running
  }
  const schedule = (ms: number): void => {
    cancel?.()
    cancel = isStopped ? null : after(ms, run)
  }
  const unsubscribe = wakeup.subscribe((topic) => {
    if (isSoon || (topic !== EVENTS_TOPIC && topic !== ANY_TOPIC)) return
    isSoon = true
    schedule(SOON_MS)
  })
  void run()
  return {
    run,
    async stop() {
      isStopped = true
      unsubscribe()
      cancel?.()
      await running
    },
  }
}

async function round(deps: PlannerDeps, isStopped: () => boolean): Promise<void> {
  const { store, settings, wakeup, now = Date.now } = deps
  const at = now()
  const { isOn, gatherMinutes, spacingMinutes, forwardingDays } = settings
  const openedBefore = at - forwardingDays * DAY_MS
  while (!isStopped() && (await store.findUnproven({ openedBefore, now: at, limit: STEP })) > 0);
  const rules = {
    now: at,
    isOn,
    gatherMs: gatherMinutes * MINUTE_MS,
    spacingMs: spacingMinutes * MINUTE_MS,
    repeatMs: REPEAT_MS,
    limit: STEP,
  }
  let planned = 0
  for (let more = 1; more > 0 && !isStopped(); planned += more) more = await store.planNotices(rules)
  if (planned > 0) wakeup.notify(NOTICES_TOPIC)
}

function afterTimeout(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms)
  timer.unref()
  return () => clearTimeout(timer)
}
