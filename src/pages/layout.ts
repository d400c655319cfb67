import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

/** Markup whose values were escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/*
 * One style sheet for all pages, inline: a page is one request, and works from a mail program's own browser.
 * Contrast is at least 4.5:1 in both schemes (WCAG 2.2, 1.4.3); targets are at least 44 px high.
 */
const CSS = `
:root { color-scheme: light dark; --page: #f3f5f7; --card: #fff; --line: #d9e0e6; --ink: #1b2733;
  --soft: #536471; --action: #0b5cad; --on-action: #fff; --good: #1d6b3a; --bad: #a3261b; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14181d; --card: #1d232a; --line: #38424d; --ink: #e8edf2; --soft: #a9b6c2;
    --action: #6db3f8; --on-action: #0d1a26; --good: #7dcf9b; --bad: #ff9c90; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center;
  padding: 8vh 16px 32px; background: var(--page); color: var(--ink);
  font: 17px/1.55 -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
main { width: 100%; max-width: 480px; padding: 32px 28px; background: var(--card);
  border: 1px solid var(--line); border-radius: 14px; }
h1 { margin: 0 0 12px; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
p { margin: 0 0 16px; }
main > :last-child { margin-bottom: 0; }
.state { margin: 0 0 8px; font-size: .875rem; font-weight: 600; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.soft, footer { color: var(--soft); font-size: .9375rem; }
dl { margin: 0 0 20px; padding: 14px 16px; border: 1px solid var(--line); border-radius: 10px; }
dl div { display: flex; flex-wrap: wrap; gap: 0 12px; padding: 2px 0; }
dt { flex: 0 0 6.5em; color: var(--soft); }
dd { margin: 0; flex: 1 1 12em; overflow-wrap: anywhere; }
button { width: 100%; min-height: 48px; padding: 10px 20px; border: 0; border-radius: 10px;
  background: var(--action); color: var(--on-action); font: inherit; font-weight: 600; cursor: pointer; }
button:hover { filter: brightness(1.08); }
a { color: var(--action); }
:focus-visible { outline: 3px solid var(--action); outline-offset: 3px; }
form { margin: 0 0 16px; }
footer { max-width: 480px; margin-top: 20px; text-align: center; }
`

/** Headers of every page. No scripts at all; the style sheet is allowed by its hash. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(CSS).digest('base64')}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  // The address of a page is a secret: it must not stay in caches or travel on in a Referer.
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-Robots-Tag': 'noindex, nofollow',
}

/** A whole page around its content. */
export function layout(title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${raw(CSS)}</style>
</head>
<body>
<main>
${content}
</main>
<footer>MFA Relay sends copies of sign-in codes to the people they belong to.</footer>
</body>
</html>
`
}
