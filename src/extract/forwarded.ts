import { readSentDate } from './sent-date.ts'
import { fold } from './visible-text/characters.ts'
import { lineText, type Page, slicePage } from './visible-text/page.ts'

/** One message inside a mail body: what its writer wrote, or a message that they forwarded or answered. */
export type Part = {
  /** `top`: written by the sender; `forward`: passed on for its content; `history`: quoted because it was answered. */
  readonly kind: 'top' | 'forward' | 'history'
  /** Subject named in its header block. */
  readonly subject: string | null
  /** When it was sent, as its header block says. */
  readonly sentAt: number | null
  readonly page: Page
}

type HeaderKey = 'from' | 'sent' | 'to' | 'subject' | 'cc'
const KEYS: readonly (readonly [HeaderKey, string])[] = [
  [
    'from',
    'from|de|von|da|van|fra|fran|od|lahettaja|avsandare|expediteur|remitente|от|发件人|寄件者|差出人|보낸 사람',
  ],
  [
    'sent',
    'sent|date|envoye(?: le)?|enviado(?: el)?|fecha|gesendet|datum|data|inviato|verzonden|skickat|sendt|dato|wyslano|enviada(?: em)?|дата|отправлено|日期|发送时间|日時|보낸 날짜|날짜',
  ],
  ['to', 'to|a|an|para|pour|aan|til|till|do|destinataires?|destinatario|кому|收件人|宛先|받는 사람'],
  [
    'subject',
    'subject|objet|asunto|betreff|oggetto|assunto|onderwerp|emne|amne|temat|sujet|тема|主题|主旨|件名|제목',
  ],
  ['cc', 'cc|copie(?: a)?|kopie|kopia|copia|reply-to|repondre a|抄送|참조'],
]
const HEADER_LINE = new RegExp(
  `^[*_\\s]{0,4}(?:${KEYS.map(([, words]) => `(${words})`).join('|')})[*_]{0,2}\\s{0,2}[:：][*_]{0,2}\\s?(.*)$`,
)
const FORWARD_MARK =
  /^[-_=*>\s]{0,40}(?:begin forwarded message|forwarded message|forwarded (?:by|from|mail)|message transfere|debut du message (?:transfere|reexpedie)|message reexpedie|courriel transfere|mensaje reenviado|inicio del mensaje reenviado|correo reenviado|weitergeleitete nachricht|anfang der weitergeleiteten (?:nachricht|e-mail)|messaggio inoltrato|inizio messaggio inoltrato|mensagem (?:encaminhada|reencaminhada)|inicio da mensagem (?:encaminhada|reencaminhada)|doorgestuurd bericht|begin doorgestuurd bericht|vidarebefordrat meddelande|videresendt meddelelse|videresendt melding|wiadomosc przekazana|przekazana wiadomosc|пересылаемое сообщение|转发的邮件|转发邮件|転送メッセージ|전달된 메시지)\b[^a-z]{0,60}(?:from .{0,80}|de .{0,80})?$/
const ORIGINAL_MARK =
  /^[-_=*>\s]{0,40}(?:original (?:message|email|mail|appointment)|message (?:d'origine|original|initial)|courriel original|mensaje original|correo original|ursprungliche (?:nachricht|mail)|originalnachricht|messaggio originale|mensagem original|oorspronkelijk bericht|oprindelig meddelelse|ursprungligt meddelande|reply message|原始邮件)[-_=*:\s]{0,40}$/
const REPLY_INTRO =
  /^[>\s]{0,4}(?:(?:on|le|el|am|il|em|op|den|w dniu|il giorno)\s.{4,260}|.{4,200}?)\s?(?:wrote|a ecrit|escribio|schrieb(?: .{1,80})?|ha scritto|escreveu|schreef(?: .{1,80})?|skrev(?: .{1,80})?|napisal(?:\(a\))?)\s?:\s*$/
const FORWARD_SUBJECT =
  /^(?:\[[^\]]{0,40}\]\s?)?(?:fwd?|fw|tr|rv|wg|i|enc|doorst|vs|vb|pd|rnv|转发|transf|reenv)\s?(?:\[\d+\])?[:：]/
const REPLY_SUBJECT = /^(?:\[[^\]]{0,40}\]\s?)?(?:re|rep|aw|sv|antw|res|odp|ref|r|回复)\s?(?:\[\d+\])?[:：]/
const SUBJECT_PREFIX =
  /^\s*(?:fwd?|fw|tr|rv|wg|i|enc|re|rép|rep|aw|sv|vs|vb|antw|res|pd)\s?(?:\[\d+\])?[:：]\s*/i

export const isReplySubject = (subject: string | null): boolean =>
  subject !== null && REPLY_SUBJECT.test(fold(subject.trim()))
export const isForwardSubject = (subject: string | null): boolean =>
  subject !== null && FORWARD_SUBJECT.test(fold(subject.trim()))

/** "Fwd: RE: Your code" → "Your code". */
export function bareSubject(subject: string): string {
  let bare = subject
  for (let i = 0; i < 6 && SUBJECT_PREFIX.test(bare); i += 1) bare = bare.replace(SUBJECT_PREFIX, '')
  return bare.trim()
}

type Boundary = {
  /** First line that belongs to the boundary, and the first after it. */
  readonly from: number
  readonly to: number
  readonly says: 'forward' | 'reply' | 'either'
  readonly subject: string | null
  readonly sentAt: number | null
  readonly quote: number
}

/** Longest line that can be a header or an intro; anything longer is text. */
const MAX_MARK = 400
/** Deeper nests of forwards are not followed. */
const MAX_PARTS = 12

/** Splits a body where one message ends and another, forwarded or quoted, begins. One pass over the lines. */
export function splitParts(page: Page, subject: string | null): Part[] {
  const boundaries = findBoundaries(page)
  const end = page.lines.length
  const top: Part = {
    kind: 'top',
    subject: null,
    sentAt: null,
    page: slicePage(page, 0, boundaries[0]?.from ?? end),
  }
  const parts: Part[] = [withoutQuotes(top, subject, boundaries.length > 0)]
  // What an answer quotes is history; what somebody passes on is meant to be read, answers in between included.
  const answered = boundaries[0]?.says === 'reply' ? !isForwardSubject(subject) : isReplySubject(subject)
  boundaries.forEach((boundary, i) => {
    const to = endOfQuote(page, boundary, boundaries[i + 1]?.from ?? end)
    parts.push({
      kind: answered && boundary.says !== 'forward' ? 'history' : 'forward',
      subject: boundary.subject,
      sentAt: boundary.sentAt,
      page: slicePage(page, boundary.to, to),
    })
  })
  return parts
}

/** In an answer without an intro line, what stands in quote marks is history all the same. */
function withoutQuotes(top: Part, subject: string | null, hasBoundary: boolean): Part {
  if (!isReplySubject(subject) && !hasBoundary) return top
  const first = top.page.lines.findIndex((line) => line.quote > 0)
  return first < 0 ? top : { ...top, page: slicePage(top.page, 0, first) }
}

/** A part in quote marks ends where the marks end: what follows is the forwarder's own. */
function endOfQuote(page: Page, boundary: Boundary, limit: number): number {
  if (boundary.quote === 0) return limit
  for (let i = boundary.to; i < limit; i += 1) if (page.lines[i]!.quote < boundary.quote) return i
  return limit
}

function findBoundaries(page: Page): Boundary[] {
  const boundaries: Boundary[] = []
  let i = 0
  while (i < page.lines.length && boundaries.length < MAX_PARTS) {
    const boundary = boundaryAt(page, i)
    if (boundary) boundaries.push(boundary)
    i = boundary ? Math.max(boundary.to, i + 1) : i + 1
  }
  return boundaries
}

function boundaryAt(page: Page, i: number): Boundary | null {
  const line = page.lines[i]!
  if (line.end - line.start > MAX_MARK * 3) return null
  const text = fold(lineText(page, i).slice(0, MAX_MARK))
  const forward = FORWARD_MARK.test(text)
  if (forward || ORIGINAL_MARK.test(text)) {
    const block = headerBlockAt(page, i + 1, 2)
    const says = forward ? 'forward' : 'either'
    return {
      from: i,
      to: block?.to ?? i + 1,
      says,
      subject: block?.subject ?? null,
      sentAt: block?.sentAt ?? null,
      quote: block?.quote ?? line.quote,
    }
  }
  const intro = replyIntroAt(page, i, text)
  if (intro > 0) {
    const quote = page.lines[i + intro]?.quote ?? 0
    const sentAt = readSentDate(lineText(page, i).slice(0, MAX_MARK))
    return {
      from: i,
      to: i + intro,
      says: 'reply',
      subject: null,
      sentAt,
      quote: Math.max(quote, line.quote),
    }
  }
  const block = HEADER_LINE.test(text) ? headerBlockAt(page, i, 3) : null
  return (
    block && {
      from: i,
      to: block.to,
      says: 'either',
      subject: block.subject,
      sentAt: block.sentAt,
      quote: block.quote,
    }
  )
}

/** How many lines an "On …, … wrote:" takes at this line; 0 when there is none. */
function replyIntroAt(page: Page, i: number, text: string): number {
  if (REPLY_INTRO.test(text) && looksDated(text)) return 1
  if (!/^[>\s]{0,4}(?:on|le|el|am|il|em|op|den)\s/.test(text) || text.length > 200) return 0
  const joined = `${text} ${fold(lineText(page, i + 1).slice(0, MAX_MARK))}`
  return REPLY_INTRO.test(joined) && looksDated(joined) ? 2 : 0
}

/** An intro names a day or an address; a mere sentence that ends in "wrote:" does not. */
const looksDated = (text: string): boolean => /\d{1,2}[:h.]\d\d|\b\d{4}\b|@|\d{1,2}\/\d{1,2}/.test(text)

type HeaderBlock = {
  readonly to: number
  readonly subject: string | null
  readonly sentAt: number | null
  readonly quote: number
}

/** A block of From, Sent, To and Subject lines that begins within a line or two of `from`. */
function headerBlockAt(page: Page, from: number, needed: number): HeaderBlock | null {
  const seen = new Set<HeaderKey>()
  let subject: string | null = null
  let sentAt: number | null = null
  let last = -1
  for (let i = from; i < page.lines.length && i - (last < 0 ? from : last) <= 3 && i - from < 16; i += 1) {
    const header = readHeaderLine(lineText(page, i).slice(0, MAX_MARK))
    if (!header) {
      if (last >= 0 && seen.has('subject') && seen.has('from')) break
      continue
    }
    if (seen.has(header.key) && header.key !== 'cc') break
    seen.add(header.key)
    last = i
    if (header.value === '' && i + 1 < page.lines.length && !readHeaderLine(lineText(page, i + 1)))
      last = i + 1
    if (header.key === 'sent') sentAt = readSentDate(header.value || lineText(page, i + 1))
    if (header.key === 'subject') subject = header.value || lineText(page, i + 1)
  }
  const complete = seen.size >= needed && seen.has('from') && (seen.has('subject') || seen.has('sent'))
  return complete ? { to: last + 1, subject, sentAt, quote: page.lines[Math.max(last, 0)]!.quote } : null
}

function readHeaderLine(line: string): { key: HeaderKey; value: string } | null {
  const match = HEADER_LINE.exec(fold(line).replace('\t', ' '))
  if (!match) return null
  const index = match.slice(1, 1 + KEYS.length).findIndex((group) => group !== undefined)
  const value = match[1 + KEYS.length] ?? ''
  return { key: KEYS[index]![0], value: line.slice(line.length - value.length).trim() }
}
