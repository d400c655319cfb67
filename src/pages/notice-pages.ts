import { type Context, Hono } from 'hono'
import { html } from 'hono/html'
import { newId } from '../domain/id.ts'
import type { AppEnv } from '../http/auth.ts'
import { log } from '../log.ts'
import type { NoticeContact, NoticeStore } from '../store/notice-store.ts'
import type { AdminStore } from '../store/store.ts'
import { type Html, layout, PAGE_HEADERS } from './layout.ts'
import { linkInvalid, tryAgain } from './recipient-views.ts'

export type NoticePageDeps = {
  readonly store: Pick<NoticeStore, 'getNoticeContact' | 'stopNotices'> & Pick<AdminStore, 'writeAudit'>
  /** Whom the token of a link is for; null: nobody. */
  readonly readLink: (token: string) => string | null
  readonly now?: () => number
}

type Page = { readonly status: 200 | 404 | 503; readonly body: Html }

/**
 * `/r/notices/{token}`: ends mails that tell somebody what needs them. As for copies, a GET changes nothing, and a POST
 * is also what mail programs send for one-click unsubscribing (RFC 8058).
 */
export function noticePages(deps: NoticePageDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/r/notices/:token', (c) =>
      respond(c, () => open(deps, c, async ({ isStopped, ...one }) => (isStopped ? stopped(one) : ask(one)))),
    )
    .post('/r/notices/:token', (c) => respond(c, () => open(deps, c, (contact) => stop(deps, contact))))
}

async function respond(c: Context<AppEnv>, make: () => Promise<Page>): Promise<Response> {
  const { status, body } = await make().catch((error: unknown): Page => {
    log.fault({ where: 'hosted page', error })
    return { status: 503, body: tryAgain() }
  })
  for (const [name, value] of Object.entries(PAGE_HEADERS)) c.header(name, value)
  return c.html(body, status)
}

async function open(
  { store, readLink }: NoticePageDeps,
  c: Context<AppEnv>,
  act: (contact: NoticeContact) => Promise<Html>,
): Promise<Page> {
  const contactId = readLink(c.req.param('token') ?? '')
  const contact = contactId === null ? null : await store.getNoticeContact(contactId)
  return contact ? { status: 200, body: await act(contact) } : { status: 404, body: linkInvalid() }
}

async function stop({ store, now = Date.now }: NoticePageDeps, contact: NoticeContact): Promise<Html> {
  const at = now()
  await store.stopNotices(contact.id, at)
  if (!contact.isStopped) {
    const actor = `contact:${contact.id}`
    await store.writeAudit({
      id: newId(),
      at,
      actor,
      action: 'notices.stopped',
      subject: actor,
      detail: null,
    })
  }
  return stopped(contact)
}

type Named = Pick<NoticeContact, 'address' | 'companyName'>

const facts = ({ address, companyName }: Named): Html => html`<dl>
<div><dt>Mails go to</dt><dd>${address}</dd></div>
<div><dt>About</dt><dd>${companyName}</dd></div>
</dl>`

const ask = (contact: Named): Html =>
  layout(
    'Stop these mails',
    html`<h1>Stop mails about logins that need attention?</h1>
<p>Nothing else changes: logins, codes and copies go on as they are.</p>
${facts(contact)}
<form method="post"><button type="submit">Stop these mails</button></form>`,
  )

const stopped = (contact: Named): Html =>
  layout(
    'Stopped',
    html`<p class="state good">Stopped</p>
<h1>You will get no more mails about logins that need attention</h1>
${facts(contact)}`,
  )
