/**
 * Text for comparing: lower case, no accents, plain quotes, dashes and spaces. Each character stays one, so that
 * places found here are places in the original.
 */
export function fold(text: string): string {
  let folded = ''
  for (let i = 0; i < text.length; i += 1) folded += foldCharacter(text[i] as string)
  return folded
}

const known = new Map<string, string>()

function foldCharacter(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x80) return code >= 65 && code <= 90 ? character.toLowerCase() : code < 32 ? ' ' : character
  let folded = known.get(character)
  if (folded === undefined) {
    folded = foldRare(character)
    known.set(character, folded)
  }
  return folded
}

function foldRare(character: string): string {
  if (/[\s\u00a0\u202f]/.test(character)) return ' '
  if (/[‘’ʼ′]/.test(character)) return "'"
  if (/[‐‑‒–—−]/.test(character)) return '-'
  if (/[°º]/.test(character)) return 'o'
  const plain = character.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return plain.length === 1 ? plain : character
}
