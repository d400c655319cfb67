import { type Context, Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { z } from 'zod'
import type { Accounts, Session } from './accounts.ts'
import { makeBill } from './bill.ts'
import { type Knobs, knobsSchema } from './knobs.ts'
import { billsPage, codePage, lockedPage, loginPage } from './portal-views.ts'
import type { SentCode } from './send-code.ts'

/** What the portal's pages work on. */
export type PortalParts = {
  readonly accounts: Accounts
  readonly knobs: () => Knobs
  readonly setKnobs: (change: Partial<Knobs>) => Knobs
  readonly sent: readonly SentCode[]
  /** Makes a code for the session and sends it. */
  readonly challenge: (session: Session) => void
}

const PERIODS = ['2026-10', '2026-09']
const COOKIE = 'sandbox_session'
const accountSchema = z.strictObject({
  username: z.string().min(1),
  password: z.string().min(1),
  email: z.string().optional(),
  phone: z.string().optional(),
})

/** Login, code page, bills, and the controls for whoever tests a runner. */
export function portalRoutes(parts: PortalParts): Hono {
  const app = new Hono()
  addLogin(app, parts)
  addCodePage(app, parts)
  addBills(app, parts.accounts)
  addControls(app, parts)
  return app
}

function addLogin(app: Hono, { accounts, knobs, challenge }: PortalParts): void {
  app.get('/', (c) => c.redirect('/login'))
  app.get('/login', (c) => c.html(loginPage()))
  app.post('/login', async (c) => {
    const form = await c.req.parseBody()
    const { via, ...query } = c.req.query()
    const own = knobsSchema.partial().safeParse(query)
    if (!own.success) return c.json({ error: z.prettifyError(own.error) }, 400)
    const session = accounts.begin(
      String(form.username),
      String(form.password),
      { ...knobs(), ...(own.data as Partial<Knobs>) },
      via === 'sms' || via === 'email' ? via : undefined,
    )
    if (session === 'locked') return c.html(lockedPage(), 423)
    if (!session) return c.html(loginPage('That user name or password is not right.'), 401)
    setCookie(c, COOKIE, session.id, { httpOnly: true, sameSite: 'Lax', path: '/' })
    challenge(session)
    return c.redirect('/mfa', 303)
  })
}

function addCodePage(app: Hono, { accounts, challenge }: PortalParts): void {
  app.get('/mfa', (c) => withSession(c, accounts, (session) => c.html(codePage(sentTo(session)))))
  app.post('/mfa/resend', (c) =>
    withSession(c, accounts, (session) => {
      challenge(session)
      return c.redirect('/mfa', 303)
    }),
  )
  app.post('/mfa', (c) =>
    withSession(c, accounts, async (session) => {
      const { code } = await c.req.parseBody()
      switch (accounts.check(session, String(code).trim())) {
        case 'accepted':
          return c.redirect('/bills', 303)
        case 'locked':
          return c.html(lockedPage(), 423)
        case 'expired':
          return c.html(codePage(sentTo(session), 'That code has expired.'), 401)
        case 'wrong':
          return c.html(codePage(sentTo(session), 'That code is not right.'), 401)
      }
    }),
  )
}

function withSession(
  c: Context,
  accounts: Accounts,
  serve: (session: Session) => Response | Promise<Response>,
): Response | Promise<Response> {
  const session = accounts.session(getCookie(c, COOKIE))
  return session ? serve(session) : c.redirect('/login', 303)
}

/** As portals show it: enough to know which contact it was. */
function sentTo({ via, account }: Session): string {
  const contact = (via === 'email' ? account.email : account.phone) ?? ''
  return via === 'sms' ? `the phone ending in ${contact.slice(-4)}` : contact.replace(/^(.)[^@]*/, '$1•••')
}

function addBills(app: Hono, accounts: Accounts): void {
  const signedIn = (c: Context, serve: (session: Session) => Response | Promise<Response>) =>
    withSession(c, accounts, (session) => (session.isSignedIn ? serve(session) : c.redirect('/mfa', 303)))
  app.get('/bills', (c) => signedIn(c, () => c.html(billsPage(PERIODS))))
  app.get('/bills/:file', (c) =>
    signedIn(c, ({ account }) => {
      const period = c.req.param('file').replace(/\.pdf$/, '')
      if (!PERIODS.includes(period)) return c.notFound()
      const bill = makeBill({ account: account.username, period, kwh: 412, amountUsd: 61.8 })
      return c.body(new Uint8Array(bill), 200, { 'Content-Type': 'application/pdf' })
    }),
  )
}

/** What goes wrong, who may sign in, what was sent. */
function addControls(app: Hono, { accounts, knobs, setKnobs, sent }: PortalParts): void {
  app.get('/sandbox/knobs', (c) => c.json(knobs()))
  app.post('/sandbox/knobs', async (c) => {
    const parsed = knobsSchema.partial().safeParse(await c.req.json().catch(() => null))
    if (!parsed.success) return c.json({ error: z.prettifyError(parsed.error) }, 400)
    return c.json(setKnobs(parsed.data as Partial<Knobs>))
  })
  app.post('/sandbox/accounts', async (c) => {
    const parsed = accountSchema.safeParse(await c.req.json().catch(() => null))
    if (!parsed.success) return c.json({ error: z.prettifyError(parsed.error) }, 400)
    accounts.put(parsed.data)
    return c.body(null, 204)
  })
  app.get('/sandbox/sent', (c) => c.json(sent))
}
