export type Colour = number | 'unknown' | 'transparent'
/** Pixels, or a factor of the parent's size. */
export type Size = { readonly px: number } | { readonly factor: number }

const KEYWORD_SIZES: Readonly<Record<string, number>> = {
  ...{ 'xx-small': 9, 'x-small': 10, small: 13, medium: 16, large: 18, 'x-large': 24, 'xx-large': 32 },
}
const NAMED_COLOURS: Readonly<Record<string, number>> = {
  ...{ white: 0xffffff, black: 0, red: 0xff0000, green: 0x8000, blue: 0xff, yellow: 0xffff00, navy: 0x80 },
  ...{
    gray: 0x808080,
    grey: 0x808080,
    silver: 0xc0c0c0,
    whitesmoke: 0xf5f5f5,
    snow: 0xfffafa,
    ivory: 0xfffff0,
  },
}
const LENGTH = /^([+-]?[0-9]{0,6}(?:\.[0-9]{1,6})?)(px|pt|em|rem|%|ex|vw|in|cm|mm)?$/

export function parseSize(value: string): Size | undefined {
  const keyword = KEYWORD_SIZES[value]
  if (keyword) return { px: keyword }
  if (value === 'smaller') return { factor: 0.83 }
  if (value === 'larger') return { factor: 1.2 }
  const match = LENGTH.exec(value)
  if (!match || match[1] === '' || match[1] === '.') return undefined
  const number = Number(match[1])
  if (number === 0) return { px: 0 }
  if (match[2] === 'pt') return { px: number * 1.333 }
  if (match[2] === 'rem') return { px: number * 16 }
  if (match[2] === 'em') return { factor: number }
  if (match[2] === '%') return { factor: number / 100 }
  return match[2] === 'px' || match[2] === undefined ? { px: number } : undefined
}

export function parseColour(value: string): Colour {
  const named = NAMED_COLOURS[value]
  if (named !== undefined) return named
  if (value === 'transparent') return 'transparent'
  const hex = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/.exec(value)?.[1]
  if (hex) return Number.parseInt(hex.length === 3 ? hex.replace(/./g, '$&$&') : hex, 16)
  const rgb =
    /^rgba?\(\s{0,3}(\d{1,3})[\s,]{1,3}(\d{1,3})[\s,]{1,3}(\d{1,3})(?:[\s,/]{1,3}([0-9.]{1,5}%?))?\s{0,3}\)$/.exec(
      value,
    )
  if (!rgb) return 'unknown'
  if (rgb[4] !== undefined && Number.parseFloat(rgb[4]) === 0) return 'transparent'
  return (Number(rgb[1]) << 16) | (Number(rgb[2]) << 8) | Number(rgb[3])
}
