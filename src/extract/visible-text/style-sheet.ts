import { type Css, parseDeclarations } from './css.ts'
import type { OpenTag } from './elements.ts'

/** Rules of `<style>` elements that a simple selector carries: `td`, `.hide`, `#top`, `td.hide`. */
export type StyleSheet = {
  add(source: string): void
  /** What the sheet says of an element, weakest rule first; undefined when nothing. */
  find(tag: OpenTag): Css | undefined
  /** What was found for the tags of this mail, until a rule is added. */
  readonly applied: Map<OpenTag, Css>
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
  const applied = new Map<OpenTag, Css>()
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
    applied,
    add(source) {
      applied.clear()
      eachRule(source.slice(0, 300_000), addRule)
    },
    find({ name, classRules, idRules }) {
      if (rules.size === 0) return undefined
      let css = rules.get(name)
      for (const key of classRules) {
        const rule = rules.get(key)
        if (rule) css = { ...css, ...rule }
      }
      const own = idRules.map((key) => rules.get(key)).find((rule) => rule !== undefined)
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
