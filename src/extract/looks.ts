import { isPromotion } from './cue-weight.ts'
import type { Add } from './evidence.ts'
import type { Place } from './place.ts'
import type { Reading } from './reading.ts'
import type { Sighting } from './shapes.ts'
import { lookAt } from './visible-text/page.ts'

/** What its length and make-up say. */
export function weighShape(reading: Reading, s: Sighting, place: Place, named: boolean, add: Add): void {
  const { length } = s.code
  switch (s.shape) {
    case 'digits':
    case 'grouped digits':
    case 'spaced characters':
      if (length === 6) add(1, 'has six digits, as most codes do')
      else if (length === 3) add(named ? -3 : -8, 'has only three digits')
      else if (length >= 9) add(named ? -0.3 : -2.5, 'is longer than most codes')
      else if (length === 4 && isYear(s.code))
        add(named && !isEdition(reading, s) ? -0.5 : -4.5, 'could be a year')
      else if (length === 4 || length === 5) add(named ? 0 : -0.6, 'is shorter than most codes')
      break
    case 'uneven groups':
      add(named || isDisplayed(reading, s, place) ? -1 : -6, 'is made of groups of different length')
      break
    case 'letters and digits':
    case 'grouped letters and digits':
      add(named ? -0.3 : place.alone ? -1.5 : -3, 'mixes letters and digits')
      if (readsAsWord(s.code)) add(isPromotion(reading, s) ? -20 : -5, 'begins with a word, as coupons do')
      break
    case 'letters':
      add(named ? -1.2 : -9, 'has no digit')
  }
  if (reading.lengths.has(length) && s.shape !== 'letters' && !s.partial)
    add(named ? 0.5 : 1.2, `the message speaks of ${length} characters`)
  if (/^[1-9]\d*000$/.test(s.code) && !named) add(-1.5, 'is a round number')
  if (/: [A-Z]{2,3} $/.test(place.before) && !endsPhrase(reading, s.start - 1))
    add(-4, 'may be the end of a longer code')
  if (s.partial) add(-8, 'is a piece of a longer number')
  if (s.prefix && s.prefix.length === 1 && named) add(1, `has a brand's letter in front, ${s.prefix}-`)
  if (s.shape === 'grouped digits' && isShortDate(s.shown)) add(named ? -1 : -6, 'could be a date')
}

const endsPhrase = ({ mentions, commands }: Reading, at: number): boolean =>
  mentions.some(({ end }) => end === at) || commands.some(({ end }) => end === at)

/** SAVE25, HIVER2026: what a machine drew by lot is hardly ever a word. */
const readsAsWord = (code: string): boolean => {
  const [, word = '', number = ''] = /^([A-Za-z]{3,})(\d{1,4})$/.exec(code) ?? []
  if (word === word.toUpperCase() && UNSAYABLE.test(word)) return false
  const vowels = word.match(/[AEIOUY]/gi)?.length ?? 0
  return (
    (word.length > 3 && vowels >= 2) || (vowels >= 1 && /^(?:\d?[05]|\d{1,2}00|\d50|20\d\d)$/.test(number))
  )
}

/** XNJUY, QYCU, NEAZT */
const UNSAYABLE =
  /[^AEIOUY]{4}|Q(?!U)|[JVXZ][^AEIOUY]|[^AEIOUYSNLR][JXZQ]|^[^AEIOUY]{2}(?<!BL|BR|CH|CL|CR|DR|FL|FR|GL|GR|KN|PH|PL|PR|SC|SH|SK|SL|SM|SN|SP|ST|SW|TH|TR|TW|WH|WR)/i

/** Set apart and large, and not parted as phone numbers are. */
function isDisplayed({ page }: Reading, s: Sighting, place: Place): boolean {
  const look = lookAt(page, s.start)
  const large = look.size / page.bodySize >= 1.2 && (look.bold || look.spaced || look.boxed)
  return place.alone && !place.inSubject && large && !/^\d{3}\D\d{4}$/.test(s.shown)
}

const isYear = (code: string): boolean => /^(?:19\d\d|20[0-4]\d)$/.test(code)
/** "Energy Code 2021": laws and standards carry their year so. */
const isEdition = ({ page, folded }: Reading, s: Sighting): boolean =>
  /[a-z] code $/.test(folded.slice(Math.max(0, s.start - 24), s.start)) &&
  /[A-Z]\w+ Code $/.test(page.text.slice(Math.max(0, s.start - 24), s.start))

const isShortDate = (shown: string): boolean => {
  const match = /^(\d\d)-(\d\d)-(\d\d)$/.exec(shown)
  if (!match) return false
  const [a, b] = [Number(match[1]), Number(match[2])]
  return (a >= 1 && a <= 12 && b >= 1 && b <= 31) || (b >= 1 && b <= 12 && a >= 1 && a <= 31)
}

/** How it stands out on the page. */
export function weighLook(reading: Reading, s: Sighting, place: Place, add: Add): void {
  const look = lookAt(reading.page, s.start)
  if (place.alone && !place.inSubject) add(1.5, 'stands alone on its line')
  else if (place.aloneInCell && !place.inSubject) add(0.8, 'stands alone in its cell')
  const ratio = look.size / reading.page.bodySize
  if (!place.inSubject && ratio >= 1.2) add(ratio >= 1.6 ? 2 : 1.3, 'is set larger than the text')
  if (look.spaced || s.shape === 'spaced characters') add(1, 'is set with wide spacing')
  if (look.bold) add(0.5, 'is bold')
  if (look.boxed && place.alone) add(0.3, 'stands in a box')
  if (look.link) add(-1, 'is the text of a link')
}

/** What messages with a code say beside it. */
export function weighFurniture(reading: Reading, add: Add): void {
  const { lifetime, secrecy, notYou, signIn } = reading.furniture
  if (lifetime) add(0.8, 'the message says how long a code is valid')
  if (secrecy) add(0.5, 'the message says not to share')
  if (notYou) add(0.6, 'the message says what to do if it was not you')
  if (signIn) add(0.5, 'the message is about signing in')
}
