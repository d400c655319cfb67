import { type Context, Hono } from 'hono'
import type { Recipient } from '../domain/delivery.ts'
import { newId } from '../domain/id.ts'
import type { AppEnv } from '../http/auth.ts'
import { log } from '../log.ts'
import type { AdminStore, OutboxStore, ProvisioningStore } from '../store/store.ts'
import { type Html, PAGE_HEADERS } from './layout.ts'
import * as views from './recipient-views.ts'

/** What the token of a link says; made and read by the outbox. */
export type ReadLink = (
  purpose: 'confirm' | 'stop',
  token: string,
  now: number,
) => { readonly kind: 'valid' | 'expired'; readonly recipientId: string } | { readonly kind: 'invalid' }

export type PageDeps = {
  readonly store: Pick<OutboxStore, 'getRecipient' | 'confirmRecipient' | 'stopRecipient'> &
    Pick<ProvisioningStore, 'getConnection' | 'getCompany'> &
    Pick<AdminStore, 'writeAudit'>
  readonly readLink: ReadLink
  /** How a utility is called towards customers. */
  readonly utilityName: (utility: string, url: string | null) => string
  readonly now?: () => number
}

type Found = { readonly recipient: Recipient; readonly subject: views.Subject }
type Page = { readonly status: 200 | 404 | 410 | 503; readonly body: Html }
type Act = (deps: PageDeps, found: Found, now: number) => Promise<Html>

/**
 * Pages for recipients of copies: `/r/confirm/{token}` and `/r/stop/{token}`. Whoever holds the link is believed.
 * A GET never changes anything, as mail scanners and previews follow every link they see. A POST to the second is
 * also what mail programs send for one-click unsubscribing (RFC 8058).
 */
export function pageRoutes(deps: PageDeps): Hono<AppEnv> {
  const on = (purpose: 'confirm' | 'stop', act: Act) => (c: Context<AppEnv>) =>
    respond(c, () => open(deps, purpose, c.req.param('token') ?? '', act))
  return new Hono<AppEnv>()
    .get('/r/confirm/:token', on('confirm', showConfirm))
    .post('/r/confirm/:token', on('confirm', confirm))
    .get('/r/stop/:token', on('stop', showStop))
    .post('/r/stop/:token', on('stop', stop))
}

/** People get a page whatever happens, never JSON. */
async function respond(c: Context<AppEnv>, make: () => Promise<Page>): Promise<Response> {
  const { status, body } = await make().catch((error: unknown): Page => {
    log.fault({ where: 'hosted page', error })
    return { status: 503, body: views.tryAgain() }
  })
  for (const [name, value] of Object.entries(PAGE_HEADERS)) c.header(name, value)
  return c.html(body, status)
}

async function open(deps: PageDeps, purpose: 'confirm' | 'stop', token: string, act: Act): Promise<Page> {
  const now = (deps.now ?? Date.now)()
  const link = deps.readLink(purpose, token, now)
  if (link.kind === 'expired') return { status: 410, body: views.linkExpired() }
  const found = link.kind === 'valid' ? await find(deps, link.recipientId) : null
  if (!found) return { status: 404, body: views.linkInvalid() }
  return { status: 200, body: await act(deps, found, now) }
}

async function find({ store, utilityName }: PageDeps, recipientId: string): Promise<Found | null> {
  const recipient = await store.getRecipient(recipientId)
  const connection = recipient && (await store.getConnection(recipient.connectionId))
  if (!recipient || !connection) return null
  const company = await store.getCompany(connection.companyId)
  const subject = {
    address: recipient.address,
    utility: utilityName(connection.utility, connection.url),
    company: company?.name ?? 'Your energy data company',
  }
  return { recipient, subject }
}

const showConfirm: Act = async (_, { recipient, subject }) => {
  if (recipient.state === 'pending') return views.askToConfirm(subject)
  return recipient.state === 'confirmed' ? views.confirmed(subject) : views.alreadyStopped(subject)
}

const confirm: Act = async (deps, { recipient, subject }, now) => {
  const after = await deps.store.confirmRecipient(recipient.id, now)
  if (after?.state !== 'confirmed') return views.alreadyStopped(subject)
  if (recipient.state === 'pending') await note(deps, recipient, 'recipient.confirmed', now)
  return views.confirmed(subject)
}

const showStop: Act = async (_, { recipient, subject }) =>
  recipient.state === 'stopped' ? views.stopped(subject) : views.askToStop(subject)

const stop: Act = async (deps, { recipient, subject }, now) => {
  await deps.store.stopRecipient(recipient.id, 'unsubscribed', now)
  if (recipient.state !== 'stopped') await note(deps, recipient, 'recipient.stopped', now)
  return views.stopped(subject)
}

const note = (deps: PageDeps, { id, connectionId }: Recipient, action: string, at: number) =>
  deps.store.writeAudit({
    id: newId(),
    at,
    actor: `recipient:${id}`,
    action,
    subject: connectionId,
    detail: null,
  })
