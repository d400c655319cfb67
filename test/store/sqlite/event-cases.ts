import type { EventResult } from '../../../src/domain/event.ts'
import { newId } from '../../../src/domain/id.ts'
import type { Context } from '../../../src/store/context.ts'
import { removeEvents, removeEventsOf } from '../../../src/store/operations/event-removal.ts'
import { longReads, writes } from '../../../src/store/operations/index.ts'
import { newWebhook } from '../event-samples.ts'
import { DAY, FIRST_PAGE, T0 } from '../samples.ts'
import type { OperationCase, Run } from './operation-cases.ts'

const failed: EventResult = { kind: 'failed', statusCode: 500, response: 'x', durationMs: 1, error: 'x' }

/** The operations about endpoints and events; each finds what it works on. */
export function eventCases(
  run: Run,
  context: Context,
  owner: { readonly companyId: string; readonly connectionId: string },
): OperationCase[] {
  const webhook = newWebhook(owner.companyId)
  const { id } = webhook
  const claim = { now: T0 + 5, leaseUntil: T0 + 6, holder: 'node', limit: 5, limitEach: 2, busy: ['x'] }
  const replay = { since: T0 - 1, missedOnly: true, after: null, limit: 10 }
  const first = async () => (await longReads.listEventDeliveries(context, id, FIRST_PAGE)).items.at(-1)!
  const when = { now: T0 + 9, nextDueAt: T0 + 10, disableAfterMs: DAY }
  return [
    run('createWebhook', webhook, T0),
    run('updateWebhook', id, { description: 'x' }, T0),
    run('updateWebhook', id, { isEnabled: false }, T0),
    run('updateWebhook', id, { isEnabled: true }, T0),
    run('rotateSecret', id, { secret: 'x', formerUntil: T0 }, T0),
    run('getWebhook', id),
    run('listWebhooks', owner.companyId),
    run('updateConnection', owner.connectionId, { url: 'https://a.test' }, T0),
    run('updateConnection', owner.connectionId, { url: 'https://b.test' }, T0),
    run('sendTestEvent', id, T0),
    run('nextEventAt', ['x']),
    run('claimEvents', claim),
    run('claimEvents', { ...claim, now: T0 + 7, busy: [] }),
    run('releaseEvents', 'node', T0),
    { name: 'loadEvent', act: async () => longReads.loadEvent(context, (await first()).id) },
    { name: 'finishEvent', act: async () => writes.finishEvent(context, (await first()).id, failed, when) },
    { name: 'replayDelivery', act: async () => writes.replayDelivery(context, (await first()).id, T0) },
    run('replayEvents', id, replay, T0 + 9),
    run('replayEvents', id, { ...replay, after: { at: T0, id: 'x' } }, T0 + 9),
    run('getEventDelivery', newId()),
    run('listEventDeliveries', id, FIRST_PAGE),
    {
      name: 'removeEvents',
      act: async () => removeEvents(context, [(await first()).eventId], T0),
    },
    { name: 'removeEventsOf', act: () => removeEventsOf(context, owner.connectionId) },
    run('removeWebhook', id, T0),
  ]
}
