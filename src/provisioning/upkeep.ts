import { log } from '../log.ts'
import type { ErasureStore, NumberReleaseStore } from '../store/store.ts'
import { giveBackNumbers } from './numbers.ts'
import type { NumberProvider } from './ports.ts'

export type UpkeepDeps = {
  readonly store: NumberReleaseStore & ErasureStore
  /** Absent: no numbers can be given back. */
  readonly numbers?: NumberProvider
  /** Runs a round only while no other node does; absent: there is none. */
  readonly alone?: (round: () => Promise<void>) => Promise<unknown>
  readonly now?: () => number
  readonly everyMs?: number
}

export type Upkeep = {
  /** There is something to do. A hint: without it, it is found within a minute. */
  notify(): void
  /** Ends after the step that is under way; whoever starts next goes on. */
  stop(): Promise<void>
}

const EVERY_MS = 60_000
/** Rows of a kind in one write: a few milliseconds, so that a claim hardly waits for it. */
const ROWS_AT_ONCE = 200

/**
 * Brings to an end what has to end however often the process dies: numbers that are to be given back, companies that are
 * to be erased. What is left to do is in the store; this looks at the start, every minute, and when it is told to.
 */
export function startUpkeep(deps: UpkeepDeps): Upkeep {
  const { alone = (run) => run() } = deps
  let isStopped = false
  let isAskedAgain = false
  let running: Promise<void> | null = null

  async function look(): Promise<void> {
    for (const companyId of await deps.store.listErasures()) await erase(deps, companyId, () => isStopped)
    if (deps.numbers) await giveBackNumbers(deps)
  }

  async function round(): Promise<void> {
    do {
      isAskedAgain = false
      try {
        await alone(look)
      } catch (error) {
        log.fault({ where: 'upkeep', error })
      }
    } while (isAskedAgain && !isStopped)
  }
  const notify = (): void => {
    isAskedAgain = true
    if (isStopped) return
    running ??= round().finally(() => {
      running = null
    })
  }
  const timer = setInterval(notify, deps.everyMs ?? EVERY_MS).unref()
  notify()
  return {
    notify,
    async stop() {
      isStopped = true
      clearInterval(timer)
      await running
    },
  }
}

async function erase(
  { store, now = Date.now }: UpkeepDeps,
  companyId: string,
  isStopped: () => boolean,
): Promise<void> {
  const startedAt = performance.now()
  let steps = 0
  while (!isStopped()) {
    steps += 1
    if (await store.eraseSome(companyId, { now: now(), limit: ROWS_AT_ONCE })) continue
    log.companyErased({ companyId, steps, ms: Math.round(performance.now() - startedAt) })
    return
  }
}
