import type { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Connection } from '../domain/connection.ts'
import type { Delivery, Recipient } from '../domain/delivery.ts'
import { Failure } from '../domain/failure.ts'
import { canonicalInbox } from '../domain/inbox-address.ts'
import type { Channel } from '../domain/message.ts'
import { type AppEnv, actorOf } from '../http/auth.ts'
import { definedOnly } from '../http/body.ts'
import { presentOption } from '../http/ladder-option.ts'
import { presentPage } from '../http/page.ts'
import { newRouter } from '../http/router.ts'
import { isoTime, isoTimeOrNull } from '../http/schemas.ts'
import { log } from '../log.ts'
import type { MfaState } from '../store/store.ts'
import { OUTBOX_TOPIC } from '../wakeup/wakeup.ts'
import { findActiveCompany, findConnection, noConnection, noteChange } from './access.ts'
import { presentForwarding, sendProof, showConfirmation } from './forwarding.ts'
import { configureMfa, createQueue } from './mfa.ts'
import * as api from './mfa-api.ts'
import { giveBackNumbers } from './numbers.ts'
import type { ProvisioningDeps } from './ports.ts'

/** How codes come to a connection, who gets copies, and whether those went out. */
export function mfaRoutes(deps: ProvisioningDeps): OpenAPIHono<AppEnv> {
  const { store, now = Date.now } = deps
  const oneAtATime = createQueue(store.alone)
  const routes = newRouter()

  routes.openapi(api.putMfa, async (c) => {
    const connection = await findConnection(deps, c, c.req.valid('param').id)
    const company = await findActiveCompany(deps, c, connection.companyId)
    const request = definedOnly(c.req.valid('json'))
    const state = await oneAtATime(connection.id, () => configureMfa(deps, { company, connection }, request))
    log.mfaConfigured({
      connectionId: connection.id,
      method: request.method,
      recipients: state.recipients.length,
      actor: actorOf(c.get('caller')),
    })
    // Who is on the list of recipients is who gets codes.
    await noteChange(deps, c, 'mfa.configured', connection.id, Object.keys(request).sort().join(', '))
    return c.json(await present(deps, connection, state, actorOf(c.get('caller'))), 200)
  })

  routes.openapi(api.getMfa, async (c) => {
    const connection = await findConnection(deps, c, c.req.valid('param').id)
    const state = await store.getMfa(connection.id)
    if (!state) throw noConnection()
    return c.json(await present(deps, connection, state, actorOf(c.get('caller'))), 200)
  })

  routes.openapi(api.deleteMailbox, async (c) => {
    const { id, address } = c.req.valid('param')
    const connection = await findConnection(deps, c, id)
    const retired = await oneAtATime(id, () =>
      store.retireMailbox(connection.id, address.toLowerCase(), now()),
    )
    if (!retired) throw new Failure('not_found', 'This connection has no such address or number')
    await noteChange(deps, c, 'mailbox.retired', connection.id, retired.address)
    await giveBackNumbers(deps)
    return c.body(null, 204)
  })

  routes.openapi(api.askRecipient, async (c) => {
    const { id, recipientId } = c.req.valid('param')
    const connection = await findConnection(deps, c, id)
    await findActiveCompany(deps, c, connection.companyId)
    const asked = await store.askRecipient(connection.id, recipientId, now())
    if (!asked) throw new Failure('not_found', 'This connection has no such recipient')
    deps.wakeup.notify(OUTBOX_TOPIC)
    return c.json(presentRecipient(asked), 200)
  })

  routes.openapi(api.proveInbox, async (c) => {
    const connection = await findConnection(deps, c, c.req.valid('param').id)
    await findActiveCompany(deps, c, connection.companyId)
    return c.json(await sendProof(deps, connection.id, c.req.valid('json').inbox), 202)
  })

  routes.openapi(api.listDeliveries, async (c) => {
    const connection = await findConnection(deps, c, c.req.valid('param').id)
    const request = c.req.valid('query')
    const page = await store.listDeliveries(connection.id, request)
    return c.json(presentPage(page, request, presentDelivery), 200)
  })

  return routes
}

async function present(
  deps: ProvisioningDeps,
  connection: Connection,
  state: MfaState,
  actor: string,
): Promise<z.infer<typeof api.mfaSchema>> {
  const emailAddress = activeMailbox(state, 'email')
  const phoneNumber = activeMailbox(state, 'sms')
  const options = await deps.ladder(connection.id)
  return {
    method: state.method,
    ...(emailAddress ? { emailAddress } : {}),
    ...(phoneNumber ? { phoneNumber } : {}),
    recipients: { emails: recipientsBy('email', state), phones: recipientsBy('sms', state) },
    inboxAddresses: [...state.inboxAddresses],
    ...(await showConfirmation(deps, connection.id, state, actor)),
    health: {
      lastCodeAt: isoTimeOrNull(state.lastCodeAt),
      failedDeliveries: state.failedDeliveries,
      forwarding: state.handshakes.map((handshake) => presentForwarding(deps, handshake)),
    },
    warnings: warningsFor(state),
    options: options.map(presentOption),
  }
}

const activeMailbox = ({ mailboxes }: MfaState, channel: Channel): string | undefined =>
  mailboxes.findLast((mailbox) => mailbox.channel === channel && mailbox.retiredAt === null)?.address

/** Those that the company itself removed are history; those that stopped by themselves explain a missing copy. */
const recipientsBy = (channel: Channel, { recipients }: MfaState) =>
  recipients.filter((one) => one.channel === channel && one.stopReason !== 'removed').map(presentRecipient)

const presentRecipient = ({ id, address, state, stopReason }: Recipient) => ({
  id,
  address,
  state,
  stopReason,
})

function warningsFor({ recipients, inboxAddresses }: MfaState): { code: string; message: string }[] {
  const inboxes = new Set(inboxAddresses)
  return recipients
    .filter(({ channel, state, address }) => {
      return channel === 'email' && state !== 'stopped' && inboxes.has(canonicalInbox(address))
    })
    .map(({ address }) => ({
      code: 'recipient_is_forwarding_inbox',
      message: `${address} forwards to us and gets copies too: its rule must forward only the utility's mail`,
    }))
}

const presentDelivery = (delivery: Delivery): z.infer<typeof api.deliverySchema> => ({
  id: delivery.id,
  kind: delivery.kind,
  courier: delivery.courier,
  recipientId: delivery.recipientId,
  address: delivery.address,
  messageId: delivery.messageId,
  state: delivery.state,
  tries: delivery.tries,
  dueAt: isoTime(delivery.dueAt),
  lastError: delivery.lastError,
  bounced: delivery.bounced && { ...delivery.bounced, at: isoTime(delivery.bounced.at) },
  deliveredAt: isoTimeOrNull(delivery.deliveredAt),
  createdAt: isoTime(delivery.createdAt),
  finishedAt: isoTimeOrNull(delivery.finishedAt),
})
