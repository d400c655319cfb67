import {
  type Code,
  CodeRejected,
  type Lease,
  type Login,
  OtherError,
  PasswordIncorrect,
  type Relay,
  UrlInaccessible,
  WebsiteDown,
} from '../client/index.ts'
import { type Browser, makeBrowser, type Page } from './browser.ts'

/** What to log in to. */
export type BillRequest = {
  readonly portalUrl: string
  readonly username: string
  readonly password: string
  /** Query of the login form: `via=sms`, or the portal's knobs. */
  readonly query?: Readonly<Record<string, string>>
  /** How long to wait for a code; default two minutes. */
  readonly codeTimeoutMs?: number
}

/** How far a login is, for whoever watches. */
export type RunnerStep =
  | { readonly step: 'opened'; readonly attemptId: string; readonly purpose: 'login' | 'test_login' }
  | { readonly step: 'asked' }
  | { readonly step: 'claimed'; readonly code: Code }
  | { readonly step: 'accepted' }
  | { readonly step: 'collected'; readonly bytes: number }

type OnStep = (step: RunnerStep) => void

const RUNNER = 'sandbox-runner'

/**
 * The reference login runner: signs in to Sandbox Power with the relay's client and fetches the newest bill. Made to
 * be copied: the order matters (the attempt is open before the portal is asked for a code), and so does what is
 * thrown, as each failure moves the connection to its own status.
 */
export async function collectBill(
  relay: Relay,
  connectionId: string,
  request: BillRequest,
  onStep: OnStep = () => {},
): Promise<Uint8Array> {
  return relay.login(connectionId, (login) => fetchBill(login, request, onStep), { runner: RUNNER })
}

/**
 * The same for whatever login is due next, with the credentials that the relay keeps: what a fleet of runners does.
 *
 * @returns the bill and whose it is; null when no login at Sandbox Power is due
 */
export async function collectNextBill(
  relay: Relay,
  { signal, ...request }: Omit<BillRequest, 'username' | 'password'> & { readonly signal?: AbortSignal },
  onStep: OnStep = () => {},
): Promise<{ readonly bill: Uint8Array; readonly leased: Lease } | null> {
  const due = { runner: RUNNER, utilities: ['sandbox-power'], ...(signal ? { signal } : {}) }
  const done = await relay.collect(due, (login, { credentials }) => {
    const { username, password } = credentials
    return fetchBill(login, { ...request, username: username ?? '', password: password ?? '' }, onStep)
  })
  return done && { bill: done.result, leased: done.leased }
}

async function fetchBill(login: Login, request: BillRequest, onStep: OnStep): Promise<Uint8Array> {
  onStep({ step: 'opened', attemptId: login.attempt.id, purpose: login.attempt.purpose })
  const browser = makeBrowser(request.portalUrl)
  await signIn(browser, request)
  onStep({ step: 'asked' })
  await enterCode(browser, login, request, onStep)
  onStep({ step: 'accepted' })
  const bill = await newestBill(browser)
  onStep({ step: 'collected', bytes: bill.length })
  return bill
}

async function signIn(browser: Browser, { username, password, query = {} }: BillRequest): Promise<void> {
  const page = await visit(browser.submit(`/login?${new URLSearchParams(query)}`, { username, password }))
  if (page.status === 401) throw new PasswordIncorrect()
  if (page.path !== '/mfa') throw new OtherError(`After the password the portal showed ${page.path}`)
}

/** Types the code. One that came too late is asked for again, once; a wrong one is never guessed at: portals lock. */
async function enterCode(
  browser: Browser,
  login: Login,
  { codeTimeoutMs: timeoutMs = 120_000 }: BillRequest,
  onStep: OnStep,
): Promise<void> {
  const code = await login.code({ timeoutMs })
  onStep({ step: 'claimed', code })
  const page = await visit(browser.submit('/mfa', { code: code.code }))
  if (page.path === '/bills') return
  if (!page.text.includes('has expired')) throw new CodeRejected()
  await visit(browser.submit('/mfa/resend', {}))
  const newer = await login.code({ timeoutMs, after: code.id })
  onStep({ step: 'claimed', code: newer })
  const second = await visit(browser.submit('/mfa', { code: newer.code }))
  if (second.path !== '/bills') throw new CodeRejected()
}

async function newestBill(browser: Browser): Promise<Uint8Array> {
  const bills = await visit(browser.get('/bills'))
  const link = /href="(\/bills\/[^"]+\.pdf)"/.exec(bills.text)?.[1]
  if (!link) throw new OtherError('The portal shows no bills')
  return (await visit(browser.get(link))).body
}

/** Tells the portal's own trouble from ours. */
async function visit(request: Promise<Page>): Promise<Page> {
  const page = await request.catch((cause: Error) => {
    throw new UrlInaccessible(`The portal cannot be reached: ${cause.message}`)
  })
  if (page.status === 423) throw new OtherError('The portal has locked the account')
  if (page.status >= 500) throw new WebsiteDown(`The portal answered ${page.status}`)
  return page
}
