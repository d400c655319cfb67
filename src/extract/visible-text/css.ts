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
const ZERO = /^[+-]?0*\.?0*(?:px|pt|em|rem|%|in)?$/
const TINY = /^[0-2](?:\.\d{1,3})?px$/
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

/** Rules of `<style>` elements that a simple selector carries: `td`, `.hide`, `#top`, `td.hide`. */
export type StyleSheet = {
  add(source: string): void
  /** What the sheet says of an element, weakest rule first; undefined when nothing. */
  find(name: string, classes: string | undefined, id: string | undefined): Css | undefined
  /** A background is set in a way we do not follow, so text may be light on dark without our knowing. */
  readonly hasUnreadBackground: boolean
}

const SIMPLE_SELECTOR = /^(?:[a-z][a-z0-9]*)?(?:[.#][\w-]+)?$/
const MAX_RULES = 2000

/** `*.a`, `[class="a"]` and `.a` say the same. */
const simplify = (selector: string): string =>
  selector
    .trim()
    .toLowerCase()
    .replace(/\*?\[class[~*^$|]?=["']?([\w-]{1,80})["']?\]/g, '.$1')
    .replace(/\*(?=[.#])/g, '')
    .replace(/\s*>\s*/g, '>')

export function createStyleSheet(): StyleSheet {
  const rules = new Map<string, Css>()
  let unread = false
  const addRule = (selectors: string, body: string) => {
    let css: Css | undefined
    for (const raw of selectors.split(',')) {
      const selector = simplify(raw)
      if (selector === '' || rules.size >= MAX_RULES) continue
      css ??= parseDeclarations(body)
      const last = selector.slice(Math.max(selector.lastIndexOf(' '), selector.lastIndexOf('>')) + 1)
      if (SIMPLE_SELECTOR.test(selector)) rules.set(selector, { ...rules.get(selector), ...css })
      // What hides `.wrap .preheader` hides `.preheader`: nobody gives visible text that name as well.
      else if (css.hidden && /[.#]/.test(last) && SIMPLE_SELECTOR.test(last))
        rules.set(last, { ...rules.get(last), hidden: true })
      if (selector !== last && css.background !== undefined) unread = true
    }
  }
  return {
    add: (source) => eachRule(source.slice(0, 300_000), addRule),
    find(name, classes, id) {
      if (rules.size === 0) return undefined
      let css = rules.get(name)
      for (const part of classes ? classes.toLowerCase().split(/\s+/, 12) : []) {
        for (const key of [`.${part}`, `${name}.${part}`]) {
          const rule = rules.get(key)
          if (rule) css = { ...css, ...rule }
        }
      }
      const own = id
        ? (rules.get(`#${id.toLowerCase()}`) ?? rules.get(`${name}#${id.toLowerCase()}`))
        : undefined
      return own ? { ...css, ...own } : css
    },
    get hasUnreadBackground() {
      return unread
    },
  }
}

/** Calls back for each plain rule; at-rules with a block (`@media`, `@font-face`) are skipped whole. */
function eachRule(source: string, rule: (selectors: string, body: string) => void): void {
  const css = stripComments(source)
  let at = 0
  while (at < css.length) {
    const open = css.indexOf('{', at)
    if (open < 0) return
    const head = css.slice(Math.max(at, open - 2000), open).trim()
    const statement = head.lastIndexOf(';')
    const selectors = head.slice(statement + 1).trim()
    if (selectors.startsWith('@')) at = skipBlock(css, open)
    else {
      const close = css.indexOf('}', open)
      if (close < 0) return
      rule(selectors, css.slice(open + 1, close))
      at = close + 1
    }
  }
}

function skipBlock(css: string, open: number): number {
  let depth = 0
  for (let at = open; at < css.length; at += 1) {
    if (css[at] === '{') depth += 1
    else if (css[at] === '}' && --depth === 0) return at + 1
  }
  return css.length
}

function stripComments(source: string): string {
  const kept: string[] = []
  let at = 0
  while (at < source.length) {
    const open = source.indexOf('/*', at)
    if (open < 0) break
    kept.push(source.slice(at, open))
    const close = source.indexOf('*/', open + 2)
    if (close < 0) return kept.join('')
    at = close + 2
  }
  kept.push(source.slice(at))
  return kept.join('').replace(/<!--|-->/g, ' ')
}
