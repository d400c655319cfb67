import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'

/*
 * Portals' mails: a short text in much markup, as HTML alone or with its text beside it, 6 to 25 KB. Each has a code
 * and a Message-ID of its own; everything else is written once, so that making one costs next to nothing.
 */

const DOMAIN = 'sandbox-power.test'
const SELECTOR = 'bench'
/** Sizes of the mails in KB, taken in turn. */
export const SIZES_KB = [6, 9, 12, 15, 18, 25]
const CELL =
  'padding:0 24px 16px;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:22px;color:#444444'
const SENTENCES = [
  'You are receiving this message because somebody is signing in to your online account.',
  'If this was not you, please contact our customer care team.',
  'Thank you for being our customer.',
  'Go paperless today and help to save resources in your community.',
  'Outage? Report it online or by phone, day and night.',
  'Please do not reply to this message; this mailbox is not read.',
]

const row = (n: number): string =>
  `<tr><td align="left" valign="top" class="cell-${n} mobile-full" style="${CELL}">` +
  `<a href="https://www.${DOMAIN}/m/${n}?utm_source=email&amp;utm_medium=portal" style="color:#0057a8;text-decoration:none">` +
  `<img src="https://img.${DOMAIN}/spacer.gif" width="1" height="${n}" alt="" border="0" style="display:block"></a>` +
  `${n % 4 === 0 ? (SENTENCES[(n / 4) % SENTENCES.length] ?? '') : '&nbsp;'}</td></tr>`

const STYLE =
  '<style type="text/css">@media only screen and (max-width:600px){.mobile-full{width:100%!important}' +
  '.hide{display:none!important}}body{margin:0;padding:0;background:#f4f4f4}table{border-collapse:collapse}</style>'

type Template = { readonly beforeCode: string; readonly between: string; readonly afterCode: string }

/** Head up to the code, and what follows it; as long as wanted. */
function template(kilobytes: number): Template {
  const isAlternative = kilobytes % 2 === 0
  const intro = `<p style="${CELL}">Your Sandbox Power verification code is</p><p style="font-size:28px"><b>`
  const head = `<html><head>${STYLE}</head><body><table width="600" align="center"><tr><td><h1>Sandbox Power</h1>${intro}`
  const tail = '<tr><td>Sandbox Power, 100 Example Street, Springfield 01101. Call 1-800-555-0100.</td></tr>'
  const rows: string[] = []
  const wanted = kilobytes * 1024 - head.length - 900
  for (let size = 0, n = 1; size < wanted; n += 1) {
    rows.push(row(n))
    size += rows.at(-1)!.length + 2
  }
  const rest = `</b></p><p>It expires in 10 minutes.</p></td></tr>\r\n${rows.join('\r\n')}\r\n${tail}</table></body></html>`
  const html = 'Content-Type: text/html; charset=utf-8\r\n\r\n'
  if (!isAlternative) return { beforeCode: `${html}${head}`, between: '', afterCode: rest }
  return {
    beforeCode:
      'Content-Type: multipart/alternative; boundary="part"\r\n\r\n--part\r\nContent-Type: text/plain; ' +
      'charset=utf-8\r\n\r\nYour Sandbox Power verification code is ',
    between: `\r\nIt expires in 10 minutes.\r\n\r\n--part\r\n${html}${head}`,
    afterCode: `${rest}\r\n--part--\r\n`,
  }
}

const TEMPLATES = SIZES_KB.map(template)

/** The code that mail number `n` brings. */
export const codeOf = (n: number): string => String(100_000 + ((n * 7_919) % 900_000))

/** Mail number `n`, CRLF, not signed, without the final dot. No line begins with a dot. */
export function portalMail(n: number, recipient: string): Buffer {
  const { beforeCode, between, afterCode } = TEMPLATES[n % TEMPLATES.length]!
  const code = codeOf(n)
  const html = between === '' ? '' : `${between}${code}`
  return Buffer.from(
    `From: Sandbox Power <no-reply@${DOMAIN}>\r\nTo: <${recipient}>\r\nSubject: Your Sandbox Power verification code\r\n` +
      `Date: ${new Date().toUTCString()}\r\nMessage-ID: <bench-${process.pid}-${n}@${DOMAIN}>\r\nMIME-Version: 1.0\r\n` +
      `${beforeCode}${code}${html}${afterCode}\r\n`,
    'latin1',
  )
}

/** The sender's DNS: what a relay asks to believe it. */
export type SenderKey = {
  readonly privateKey: string
  readonly records: readonly (readonly [string, string])[]
}

/** A key of 2,048 bits, as nearly all senders have, with SPF for loopback and a DMARC policy. */
export function makeSenderKey(): SenderKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = (key: KeyObject) => String(key.export({ type: 'pkcs8', format: 'pem' }))
  const p = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  return {
    privateKey: pem(privateKey),
    records: [
      [DOMAIN, 'v=spf1 ip4:127.0.0.0/8 -all'],
      [`${SELECTOR}._domainkey.${DOMAIN}`, `v=DKIM1; k=rsa; p=${p}`],
      [`_dmarc.${DOMAIN}`, 'v=DMARC1; p=reject'],
    ],
  }
}

/** The same with the sender's signature on top. */
export async function signedMail(n: number, recipient: string, privateKey: string): Promise<Buffer> {
  const mail = portalMail(n, recipient)
  const { signatures, errors } = await dkimSign(mail, {
    canonicalization: 'relaxed/relaxed',
    signatureData: [{ signingDomain: DOMAIN, selector: SELECTOR, privateKey }],
  } as Parameters<typeof dkimSign>[1])
  if (errors.length > 0) throw new Error(`signing failed: ${JSON.stringify(errors)}`)
  return Buffer.concat([Buffer.from(signatures), mail])
}
