import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

type Html = HtmlEscapedString | Promise<HtmlEscapedString>

const CSS = raw(`
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 26rem; padding: 12vh 16px; font: 17px/1.5 system-ui, sans-serif; }
header { font-weight: 700; color: #2b7a4b; margin-bottom: 2rem; }
label { display: block; margin: 0 0 4px; }
input { width: 100%; box-sizing: border-box; padding: 10px 12px; margin: 0 0 16px; font: inherit; }
button { padding: 10px 20px; font: inherit; }
[role=alert] { padding: 8px 12px; border-left: 4px solid #b3372b; }
small { opacity: .75; }
`)

const page = (title: string, content: Html): Html => html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Sandbox Power</title><style>${CSS}</style></head>
<body><header>Sandbox Power</header><main>
<h1>${title}</h1>
${content}
</main><p><small>A utility that does not exist, for trying out login runners.</small></p></body></html>
`

const alert = (text: string | undefined): Html | '' => (text ? html`<p role="alert">${text}</p>` : '')

/** The form posts to its own address, so that knobs in the query stay with the login. */
export const loginPage = (problem?: string): Html =>
  page(
    'Sign in',
    html`${alert(problem)}<form method="post">
<label for="username">User name</label><input id="username" name="username" autocomplete="username" required>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">Sign in</button></form>`,
  )

export const codePage = (sentTo: string, problem?: string): Html =>
  page(
    'Enter your code',
    html`${alert(problem)}<p>We sent a code to ${sentTo}.</p>
<form method="post"><label for="code">Verification code</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required>
<button type="submit">Continue</button></form>
<form method="post" action="/mfa/resend"><button type="submit">Send another code</button></form>`,
  )

export const billsPage = (periods: readonly string[]): Html =>
  page(
    'Your bills',
    html`<ul>${periods.map((period) => html`<li><a href="/bills/${period}.pdf">Bill for ${period}</a></li>`)}</ul>`,
  )

export const lockedPage = (): Html =>
  page('Account locked', html`<p role="alert">Too many wrong codes. Please call us.</p>`)
