import { log } from '../log.ts'
import { startPlanner } from '../notices/planner.ts'
import { startNoticeOutbox } from '../outbox/notices.ts'
import type { AppParts } from './app.ts'
import { graceMs } from './grace.ts'

/** Starts to tell people by mail what needs them, where mail can be sent and the settings want it. */
export function startNotices({
  config,
  base,
  copies,
  shutdown,
}: Pick<AppParts, 'config' | 'base' | 'copies' | 'shutdown'>): void {
  const { store, node } = base
  const { notices: mailer } = copies
  const planner = startPlanner({
    store,
    wakeup: node.wakeup,
    settings: {
      isOn: config.noticeMails && mailer !== null,
      gatherMinutes: config.noticeGatherMinutes,
      spacingMinutes: config.noticeSpacingMinutes,
      forwardingDays: config.noticeForwardingDays,
    },
  })
  shutdown.front(() => planner.stop())
  if (!mailer) return
  const starting = store
    .releaseNoticeMails(node.holder)
    .catch((error: unknown) => log.outboxFailed({ error }))
    .then(() => startNoticeOutbox({ store, mailer, wakeup: node.wakeup, holder: node.holder }))
  shutdown.front(async () => (await starting).close(graceMs(config)))
}
