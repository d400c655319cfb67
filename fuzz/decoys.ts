import type { Random } from './random.ts'

/** Places in a mail where a text is that nobody sees; `{}` stands for the text. */
export const DECOYS: readonly string[] = [
  '<div style="display:none">{}</div>',
  '<div style="display: none !important;">{}</div>',
  '<p style="visibility:hidden">{}</p>',
  '<div style="font-size:0">{}</div>',
  '<div style="font-size:0px;line-height:0">{}</div>',
  '<span style="opacity:0">{}</span>',
  '<div style="max-height:0;overflow:hidden">{}</div>',
  '<div style="color:#fff;background-color:#ffffff">{}</div>',
  '<div style="mso-hide:all;display:none">{}</div>',
  '<div hidden>{}</div>',
  '<!-- {} -->',
  '<style>/* {} */</style>',
  '<script>"{}"</script>',
  '<template>{}</template>',
  '<a title="{}"></a>',
  '<img alt="" data-code="{}">',
]

export type Hidden = { readonly raw: string; readonly code: string; readonly way: number }

/**
 * Hides a code of its own in the markup of a message, beside whatever is there.
 *
 * @returns null where there is no HTML to hide it in
 */
export function hideInside(random: Random, raw: string): Hidden | null {
  if (/content-transfer-encoding:\s*base64/i.test(raw)) return null
  const markup = /<body[^>]*>|<html[^>]*>(?![\s\S]*<body)/i.exec(raw)
  if (!markup) return null
  const code = String(random.int(100_000, 999_999))
  if (raw.includes(code)) return null
  const way = random.int(0, DECOYS.length - 1)
  const words = random.pick([
    `Your verification code is ${code}`,
    `Enter this code to sign in: ${code}`,
    code,
  ])
  const at = markup.index + markup[0].length
  const isQuoted = /content-transfer-encoding:\s*quoted-printable/i.test(raw)
  const decoy = DECOYS[way]!.replace('{}', words).replaceAll('=', isQuoted ? '=3D' : '=')
  return { raw: raw.slice(0, at) + decoy + raw.slice(at), code, way }
}
