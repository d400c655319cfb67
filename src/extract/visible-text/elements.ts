import { type Css, parseDeclarations } from './css.ts'
import { parseColour, parseSize, type Size } from './css-values.ts'
import { type Look, PLAIN } from './page.ts'
import type { StyleSheet } from './style-sheet.ts'

/** How an element parts its content from what stands beside it. */
export type Flow = 'block' | 'cell' | 'inline'

/** An open element with everything its children inherit. */
export type Box = {
  readonly name: string
  readonly flow: Flow
  readonly hidden: boolean
  /** `visibility: hidden`, which a child may undo. */
  readonly invisible: boolean
  readonly look: Look
  readonly color: number | 'unknown' | 'transparent'
  readonly background: number | 'unknown'
  /** Children stand side by side although they are blocks. */
  readonly flex: boolean
  readonly preserve: boolean
  /** Shown in capitals. */
  readonly upper: boolean
  readonly quote: number
  readonly href: string | null
  /** Where its text begins, for links. */
  readonly from: number
}

export type Attributes = ReadonlyMap<string, string>
/** An open tag, from `<` to `>`. One object for all tags that are written the same, as far as they are remembered. */
export type OpenTag = {
  readonly name: string
  readonly attributes: Attributes
  /** The rules of a style sheet that speak of it by class and by id, weakest first. */
  readonly classRules: readonly string[]
  readonly idRules: readonly string[]
  readonly closesItself: boolean
  /** From the `<` up to the `>`. */
  readonly length: number
}
export const NO_ATTRIBUTES: Attributes = new Map()

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '))
const BLOCKS = words(
  'address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary table tbody tfoot thead tr ul',
)
/** Never shown by a mail client, or not as text. */
export const UNSEEN = words(
  'head title template datalist audio video canvas map object applet noframes noembed select desc metadata defs',
)
/** Their content is not markup; it ends at the first matching close tag. */
export const RAW = words('script style textarea title xmp iframe noframes noembed')
export const VOID = words('area base br col embed hr img input link meta param source track wbr')
/** A stray close tag inside one of these closes nothing outside. */
export const SCOPES = words('table td th caption html body')
const BOLD = words('b strong th h1 h2 h3 h4 h5 h6')
const STRUCK = words('s strike del')
const HEADING_SIZES: Readonly<Record<string, number>> = { h1: 32, h2: 24, h3: 19, h4: 16, h5: 13, h6: 11 }
const FONT_SIZES = [10, 13, 16, 18, 24, 32, 48]

/** Text smaller than this is no text to a reader. */
const LEGIBLE_PX = 3
/** Colours closer than this per channel look the same. */
const SAME_COLOUR = 10

export const ROOT: Box = {
  name: '#root',
  flow: 'block',
  hidden: false,
  invisible: false,
  look: PLAIN,
  color: 0,
  background: 0xffffff,
  flex: false,
  preserve: false,
  upper: false,
  quote: 0,
  href: null,
  from: 0,
}

const styleCache = new Map<string, Css>()

/** Mail repeats the same style attribute hundreds of times. */
function cachedDeclarations(style: string): Css {
  let css = styleCache.get(style)
  if (!css) {
    css = parseDeclarations(style)
    if (styleCache.size > 2000) styleCache.clear()
    if (style.length < 1000) styleCache.set(style, css)
  }
  return css
}

function styleOf(tag: OpenTag, sheet: StyleSheet): Css {
  const known = sheet.applied.get(tag)
  if (known) return known
  const css = computeStyle(tag, sheet)
  sheet.applied.set(tag, css)
  return css
}

function computeStyle(tag: OpenTag, sheet: StyleSheet): Css {
  const inline = tag.attributes.get('style')
  const rule = sheet.find(tag)
  const own = inline ? cachedDeclarations(inline) : undefined
  return rule && own ? { ...rule, ...own, ...shownAgain(rule, own) } : (own ?? rule ?? {})
}

/** An inline `display:block` undoes a rule's `display:none`, but undoes no other way of hiding. */
const shownAgain = (rule: Css, own: Css): Css =>
  rule.hidden && rule.display === 'none' && own.display !== undefined && own.display !== 'none' && !own.hidden
    ? { hidden: false }
    : {}

function flowOf(name: string, css: Css, parent: Box): Flow {
  if (name === 'td' || name === 'th') return css.display === 'block' ? 'block' : 'cell'
  const block = BLOCKS.has(name)
  switch (css.display) {
    case 'inline':
      return block ? 'cell' : 'inline'
    case 'inline-block':
    case 'inline-flex':
    case 'inline-table':
    case 'table-cell':
      return 'cell'
    case 'block':
    case 'flex':
    case 'grid':
    case 'table':
    case 'table-row':
      return parent.flex || css.float ? 'cell' : 'block'
  }
  if (block && (css.float || parent.flex)) return 'cell'
  return block ? 'block' : 'inline'
}

const pixels = (size: Size, parent: number): number => ('px' in size ? size.px : size.factor * parent)

function sizeOf(name: string, css: Css, attributes: Attributes, parent: number): number {
  if (css.size) return pixels(css.size, parent)
  const heading = HEADING_SIZES[name]
  if (heading) return heading
  if (name === 'small' || name === 'sub' || name === 'sup') return parent * 0.83
  if (name === 'big') return parent * 1.2
  if (name !== 'font') return parent
  const value = attributes.get('size') ?? ''
  if (/^[+-]\d$/.test(value)) return FONT_SIZES[Math.min(6, Math.max(0, 2 + Number(value)))]!
  if (/^[1-7]$/.test(value)) return FONT_SIZES[Number(value) - 1]!
  return pixels(parseSize(value) ?? { px: parent }, parent)
}

function lookOf(name: string, css: Css, attributes: Attributes, parent: Box, boxed: boolean): Look {
  const from = parent.look
  const look: Look = {
    size: Math.round(sizeOf(name, css, attributes, from.size) * 10) / 10,
    bold: css.bold ?? (BOLD.has(name) || from.bold),
    spaced: css.spaced ?? from.spaced,
    boxed: boxed || from.boxed,
    mono: css.mono ?? (name === 'code' || name === 'kbd' || name === 'tt' || name === 'pre' || from.mono),
    link: from.link || (name === 'a' && attributes.has('href')),
  }
  const same =
    look.size === from.size &&
    look.bold === from.bold &&
    look.spaced === from.spaced &&
    look.boxed === from.boxed &&
    look.mono === from.mono &&
    look.link === from.link
  // One object a look, so that equal neighbours make one run.
  return same ? from : look
}

function looksSame(color: Box['color'], background: Box['background']): boolean {
  if (color === 'transparent') return true
  if (typeof color !== 'number' || typeof background !== 'number') return false
  for (const shift of [16, 8, 0]) {
    if (Math.abs(((color >> shift) & 255) - ((background >> shift) & 255)) > SAME_COLOUR) return false
  }
  return true
}

/** What is struck through is on the page to say that it does not count. */
const isStruck = (name: string, css: Css): boolean => css.struck ?? STRUCK.has(name)

/** Opens an element inside another. */
export function openBox(tag: OpenTag, parent: Box, sheet: StyleSheet, from: number): Box {
  const { name, attributes } = tag
  const css = styleOf(tag, sheet)
  const legacyBackground = attributes.get('bgcolor') ?? undefined
  const own = css.background ?? (legacyBackground ? parseColour(legacyBackground.toLowerCase()) : undefined)
  const background =
    own !== undefined && own !== 'transparent'
      ? own
      : attributes.has('background')
        ? 'unknown'
        : parent.background
  const legacyColor = name === 'font' ? attributes.get('color') : undefined
  const look = lookOf(
    name,
    css,
    attributes,
    parent,
    css.bordered === true ||
      (own !== undefined && background !== parent.background && parent.name !== '#root'),
  )
  return {
    name,
    flow: flowOf(name, css, parent),
    hidden:
      parent.hidden ||
      css.hidden === true ||
      attributes.has('hidden') ||
      UNSEEN.has(name) ||
      (name === 'svg' && (attributes.get('width') === '0' || attributes.get('height') === '0')) ||
      isStruck(name, css),
    invisible: css.invisible ?? parent.invisible,
    look,
    color:
      css.color ??
      (legacyColor ? parseColour(legacyColor.toLowerCase()) : name === 'a' ? 0xee : parent.color),
    background,
    flex: css.display === 'flex' || css.display === 'inline-flex' || css.display === 'grid',
    upper: css.upper ?? parent.upper,
    preserve: css.preserve ?? (name === 'pre' || parent.preserve),
    quote: parent.quote + (name === 'blockquote' ? 1 : 0),
    href: name === 'a' ? (attributes.get('href') ?? null) : null,
    from,
  }
}

/** Whether text directly in this box can be read by a person. */
export const isSeen = (box: Box, backgroundKnown: boolean): boolean =>
  !box.hidden &&
  !box.invisible &&
  box.look.size >= LEGIBLE_PX &&
  !((backgroundKnown || box.color === 'transparent') && looksSame(box.color, box.background))
