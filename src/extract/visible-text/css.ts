import { type Colour, parseColour, parseSize, type Size } from './css-values.ts'

/**
 * What a style says that matters for reading: whether text shows, how big it is, where blocks begin.
 * `mso-hide` is not among it: it hides from Outlook what every other client shows.
 */
export type Css = {
  readonly hidden?: boolean
  readonly invisible?: boolean
  readonly display?: string
  readonly float?: boolean
  readonly struck?: boolean
  readonly upper?: boolean
  readonly size?: Size
  readonly bold?: boolean
  readonly spaced?: boolean
  readonly bordered?: boolean
  readonly mono?: boolean
  readonly preserve?: boolean
  /** 0xRRGGBB, or `unknown` where we cannot tell. */
  readonly color?: Colour
  readonly background?: Colour
}
type Mutable<T> = { -readonly [K in keyof T]: T[K] }
const ZERO = /^[+-]?0*\.?0*(?:px|pt|em|rem|%|in)?$/
const TINY = /^[0-2](?:\.\d{1,3})?px$/

/** Background shorthand: the colour if it is nothing but a colour, otherwise an image or gradient we cannot see. */
function parseBackground(value: string): Colour | undefined {
  if (value === 'none' || value === 'inherit' || value === 'initial') return undefined
  if (value.includes('url(') || value.includes('gradient')) return 'unknown'
  for (const word of value.split(' ')) {
    const colour = parseColour(value.startsWith('rgb') ? value : word)
    if (colour !== 'unknown') return colour
  }
  return 'unknown'
}

/** Applies one declaration to what was said so far. */
function declare(css: Mutable<Css>, property: string, value: string, also: Set<string>): void {
  switch (property) {
    case 'display':
      css.display = value
      if (value === 'none') css.hidden = true
      break
    case 'visibility':
      css.invisible = value === 'hidden' || value === 'collapse'
      break
    case 'opacity':
      if (Number.parseFloat(value) < 0.05) css.hidden = true
      break
    case 'max-height':
    case 'max-width':
      if (ZERO.test(value)) css.hidden = true
      break
    case 'height':
    case 'width':
    case 'line-height':
      if (ZERO.test(value) || TINY.test(value)) also.add('tiny')
      break
    case 'overflow':
      if (value === 'hidden') also.add('clipped')
      break
    case 'position':
      if (value === 'absolute' || value === 'fixed') also.add('placed')
      break
    case 'left':
    case 'top':
    case 'text-indent':
      if (/^-[0-9]{3,}/.test(value)) also.add(property === 'text-indent' ? 'outside' : 'away')
      break
    case 'clip':
      if (/rect\((?:0|1px)/.test(value)) also.add('away')
      break
    case 'font-size':
      css.size = parseSize(value) ?? css.size!
      break
    case 'font':
      declareFont(css, value)
      break
    case 'font-weight':
      css.bold = value === 'bold' || value === 'bolder' || Number.parseInt(value, 10) >= 600
      break
    case 'font-family':
      css.mono = /mono|courier|consolas|menlo/.test(value)
      break
    case 'letter-spacing':
      css.spaced = Number.parseFloat(value) >= (value.endsWith('em') ? 0.1 : 2)
      break
    case 'white-space':
      css.preserve = value.startsWith('pre')
      break
    case 'color':
      css.color = parseColour(value)
      break
    case 'background':
    case 'background-color':
      css.background = parseBackground(value) ?? css.background!
      break
    case 'background-image':
      if (value !== 'none') css.background = 'unknown'
      break
    case 'border':
      css.bordered = /[1-9]/.test(value)
      break
    case 'transform':
      if (/scale[xy]?\(\s?0?\.?0*\s?[,)]/.test(value)) css.hidden = true
      break
    case 'text-transform':
      css.upper = value === 'uppercase'
      break
    case 'text-decoration':
    case 'text-decoration-line':
      css.struck = value.includes('line-through')
      break
    case 'float':
      css.float = value === 'left' || value === 'right'
  }
}

function declareFont(css: Mutable<Css>, value: string): void {
  for (const word of value.split(/[ /]/)) {
    const size = /^[0-9.]+(?:px|pt|em|rem|%)$/.test(word) ? parseSize(word) : undefined
    if (size && !css.size) css.size = size
    if (/^(?:bold|bolder|[6-9]00)$/.test(word)) css.bold = true
  }
}

/** Reads the declarations of one rule or one `style` attribute. */
export function parseDeclarations(source: string): Css {
  const css: Mutable<Css> = {}
  const also = new Set<string>()
  for (const declaration of source.slice(0, 4000).toLowerCase().split(';')) {
    const colon = declaration.indexOf(':')
    if (colon < 0) continue
    const value = declaration
      .slice(colon + 1)
      .replace('!important', '')
      .trim()
      .replace(/\s+/g, ' ')
    if (value !== '') declare(css, declaration.slice(0, colon).trim(), value, also)
  }
  if (also.has('tiny') && also.has('clipped')) css.hidden = true
  if (also.has('away') && also.has('placed')) css.hidden = true
  if (also.has('outside')) css.hidden = true
  return css
}
