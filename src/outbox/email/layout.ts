import { html, raw } from 'hono/html'

/** What every letter of ours is made of; rendered twice, as text and as HTML, so that both say the same. */
export type Letter = {
  readonly subject: string
  /** The first sentence: what phones show beside the subject, so it never holds the code. */
  readonly lead: string
  readonly code?: string
  /** A text of the utility's own, set apart. */
  readonly quote?: string
  readonly button?: { readonly label: string; readonly url: string }
  readonly facts: readonly (readonly [label: string, value: string])[]
  readonly paragraphs: readonly string[]
  readonly stopUrl: string
}

/** The text part. Lines stay below 78 characters where words allow it (RFC 5322 §2.1.1). */
export function renderText(letter: Letter): string {
  const width = Math.max(0, ...letter.facts.map(([label]) => label.length))
  const blocks = [
    wrap(letter.lead),
    letter.code && `    ${letter.code}`,
    letter.quote
      ?.split('\n')
      .map((line) => wrap(line, '> '))
      .join('\n'),
    letter.button && `${letter.button.label}:\n${letter.button.url}`,
    letter.facts.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n'),
    ...letter.paragraphs.map((paragraph) => wrap(paragraph)),
    `--\nStop these e-mails: ${letter.stopUrl}`,
  ]
  return `${blocks.filter(Boolean).join('\n\n')}\n`
}

function wrap(text: string, prefix = '', width = 76): string {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line !== '' && prefix.length + line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.map((line) => prefix + line).join('\n')
}

/** Mail programs drop most of a style sheet: what matters is inline, the sheet only serves those that go dark. */
const STYLE = raw(`<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #14181d !important; }
  .card { background: #1d232a !important; border-color: #38424d !important; }
  .ink { color: #e8edf2 !important; }
  .soft { color: #a9b6c2 !important; }
  .code { background: #10151a !important; border-color: #38424d !important; }
}
</style>`)

const FONT = 'font-family:-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'
const INK = 'color:#1b2733'
const SOFT = 'color:#536471'

/** The HTML part: one column, readable without images, scripts or style sheets. Everything is escaped. */
export function renderHtml(letter: Letter): string {
  return String(html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>${letter.subject}</title>${STYLE}</head>
<body class="page" style="margin:0;padding:0;background:#f3f5f7">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:520px;background:#ffffff;border:1px solid #d9e0e6;border-radius:12px"><tr><td style="padding:28px;${FONT};font-size:16px;line-height:1.5">
<p class="ink" style="margin:0 0 20px;${INK}">${letter.lead}</p>
${codeBlock(letter.code)}${quoteBlock(letter.quote)}${buttonBlock(letter.button)}${factTable(letter.facts)}
${letter.paragraphs.map(
  (paragraph) => html`<p class="soft" style="margin:0 0 12px;${SOFT};font-size:14px">${paragraph}</p>
`,
)}<p class="soft" style="margin:20px 0 0;${SOFT};font-size:14px"><a class="soft" href="${letter.stopUrl}" style="${SOFT}">Stop these e-mails</a></p>
</td></tr></table></td></tr></table></body></html>
`)
}

const codeBlock = (code: string | undefined) =>
  code === undefined
    ? ''
    : html`<p class="ink code" style="margin:0 0 20px;padding:16px;background:#f3f5f7;border:1px solid #d9e0e6;border-radius:8px;text-align:center;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:32px;line-height:1.25;letter-spacing:4px;${INK}">${code}</p>
`

const quoteBlock = (quote: string | undefined) =>
  quote === undefined
    ? ''
    : html`<blockquote class="ink" style="margin:0 0 20px;padding:0 0 0 14px;border-left:3px solid #9fb0bf;${INK}">${quote
        .split('\n')
        .map((line, index) => html`${index === 0 ? '' : raw('<br>')}${line}`)}</blockquote>
`

const buttonBlock = (button: Letter['button']) =>
  button === undefined
    ? ''
    : html`<p style="margin:0 0 20px"><a href="${button.url}" style="display:inline-block;padding:12px 20px;background:#0b5cad;border-radius:8px;color:#ffffff;font-weight:600;text-decoration:none">${button.label}</a></p>
`

const factTable = (
  facts: Letter['facts'],
) => html`<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 20px;font-size:14px">
${facts.map(
  ([
    label,
    value,
  ]) => html`<tr><td class="soft" style="padding:2px 16px 2px 0;${SOFT};vertical-align:top;white-space:nowrap">${label}</td><td class="ink" style="padding:2px 0;${INK}">${value}</td></tr>
`,
)}</table>`
