import type { Channel } from '../domain/message.ts'
import type { UtilityDefinition } from '../utilities/definition.ts'
import { type Decision, decide } from './decide.ts'
import { SPENT, weighAll } from './evidence.ts'
import { readPage, withSubject } from './reading.ts'
import { compileTemplate, type Template } from './template.ts'
import { fold } from './visible-text/characters.ts'
import type { Page } from './visible-text/page.ts'

/** What is known of a utility's codes, ready for reading: its templates, and which codes can be its own. */
export type Lens = {
  readonly templates: readonly { readonly rule: string; readonly template: Template }[]
  fits(code: string): boolean
}

/** Nothing is known: the general extractor alone reads. */
export const NO_LENS: Lens = { templates: [], fits: () => true }
const ALPHABETS = { digits: /^[0-9]+$/, letters: /^[A-Za-z]+$/, alphanumeric: /^[A-Za-z0-9]+$/ }

const lenses = new WeakMap<UtilityDefinition, Record<Channel, Lens>>()

/** The lens of a utility for one channel; compiled once for each loaded definition. */
export function lensOf(utility: UtilityDefinition | null, channel: Channel): Lens {
  if (!utility) return NO_LENS
  let both = lenses.get(utility)
  if (!both) {
    both = { email: makeLens(utility, 'email'), sms: makeLens(utility, 'sms') }
    lenses.set(utility, both)
  }
  return both[channel]
}

function makeLens(utility: UtilityDefinition, channel: Channel): Lens {
  const { lengths, alphabet } = utility.code ?? {}
  return {
    templates: utility[channel].codes.map((source, i) => ({
      rule: `template:${utility.id}/${channel}/${i}`,
      template: compileTemplate(source),
    })),
    fits: (code) =>
      (!lengths || lengths.includes(code.length)) && (!alphabet || ALPHABETS[alphabet].test(code)),
  }
}

/** As sure as a template makes us: its author has seen the message. */
const TEMPLATE_CONFIDENCE = 0.995

/** Reads one text: by the utility's templates first, by the general extractor otherwise. */
export function readPart(page: Page, subject: string | null, lens: Lens): Decision {
  const reading = readPage(page, subject)
  const weighed = weighAll(reading)
  const general = decide(weighed, lens.fits)
  if (lens.templates.length === 0) return general
  const text = subject ? withSubject(page, subject).text : page.text
  const hits = findByTemplate(text, lens)
  const live = hits.filter(
    ({ code }) => !weighed.some((w) => w.sighting.code === code && w.reasons.includes(SPENT)),
  )
  if (new Set(live.map(({ code }) => code)).size > 1) return { ...general, kind: 'none', reason: 'ambiguous' }
  const hit = live[0]
  if (!hit) return general
  if (general.kind === 'code' && general.code !== hit.code)
    return { ...general, kind: 'none', reason: 'ambiguous' }
  const { candidates } = general
  return { kind: 'code', code: hit.code, rule: hit.rule, confidence: TEMPLATE_CONFIDENCE, candidates }
}

function findByTemplate(text: string, lens: Lens): { code: string; rule: string }[] {
  const folded = fold(text)
  return lens.templates.flatMap(({ rule, template }) =>
    template.find(text, folded).map((code) => ({ code, rule })),
  )
}
