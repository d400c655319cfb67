import { documentEvents } from './log/documents.ts'
import { incomingEvents } from './log/incoming.ts'
import { loginEvents } from './log/logins.ts'
import { operationEvents } from './log/operation.ts'
import { outgoingEvents } from './log/outgoing.ts'
import { provisioningEvents } from './log/provisioning.ts'

export { startLog } from './log/logger.ts'

/**
 * One function per named event, so that a code or a body has no parameter to slip into. Ids, counts, durations
 * and domains only.
 */
export const log = {
  ...operationEvents,
  ...incomingEvents,
  ...loginEvents,
  ...outgoingEvents,
  ...provisioningEvents,
  ...documentEvents,
}
