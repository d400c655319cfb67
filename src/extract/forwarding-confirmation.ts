import type { Extraction } from '../domain/extraction.ts'
import type { Traits } from './kinds.ts'
import { fold } from './visible-text/characters.ts'

type Confirmation = Extract<Extraction, { kind: 'forwarding_confirmation' }>

/** Who asks owners of a target address, by the domain of their sender; ids as in config/inbox-providers. */
const PROVIDERS: readonly (readonly [string, RegExp])[] = [
  ['gmail', /(?:^|\.)google\.com$/],
  ['zoho', /(?:^|\.)(?:zoho|zohomail|zohocorp|zohocloud)\.[a-z.]{2,6}$/],
  ['yahoo', /(?:^|\.)(?:yahoo|yahoo-inc|ymail|aol)\.[a-z.]{2,6}$/],
  ['proton', /(?:^|\.)(?:proton|protonmail)\.(?:me|ch|com)$/],
  ['icloud', /(?:^|\.)(?:icloud|apple|me|mac)\.com$/],
  ['outlook-com', /(?:^|\.)(?:outlook|hotmail|live|microsoft|office365|microsoftonline)\.com$/],
  ['fastmail', /(?:^|\.)(?:fastmail|messagingengine)\.(?:com|fm)$/],
  ['cloudflare', /(?:^|\.)cloudflare\.com$/],
]
const MAIL = '(?:e-?mails?|mails?|messages?|courriels?|correos?|mensajes?|mailbox)'
/** Mail that is about mail being forwarded, in the three languages; numbers and names may stand between. */
const ABOUT_FORWARDING = new RegExp(
  `\\bforward\\w{0,6}\\b[^.\\n]{0,80}\\b${MAIL}|\\b${MAIL}\\b[^.\\n]{0,80}\\bforward\\w{0,6}|\\b(?:forwarding|destination) (?:address|confirmation|request|verification)|\\bemail routing\\b|\\b(?:transfert|transferer|reacheminer|rediriger|redirection)\\b[^.\\n]{0,80}\\b${MAIL}|\\b${MAIL}\\b[^.\\n]{0,60}\\b(?:transferer|transferes|redirig\\w{1,4})|\\b(?:reenvi\\w{1,5}|redirigir|redireccion\\w{0,5})\\b[^.\\n]{0,80}\\b${MAIL}|\\b${MAIL}\\b[^.\\n]{0,60}\\breenvi\\w{1,5}`,
)
const ASKS_CONFIRMING =
  /\b(?:confirm|verify|verification|accept|approve|allow|activate|confirmation|confirmer|verifier|accepter|autoriser|confirmez|confirmar|confirme|verificar|verifique|aceptar|acepte|autorizar)\w{0,4}\b/
const REQUESTED =
  /\b(?:request(?:ed|s)?|wants to|would like to|asked|added|has set|to receive|may be forwarded|a demande|souhaite|a ajoute|demande|ha solicitado|solicito|quiere|desea|agrego)\b/
const REFUSES =
  /\/uf-|cancel|decline|deny|reject|refus|unsubscribe|report|abuse|annul|rechaz|help|support|privacy|terms/
/** Whole addresses only: `pat@gmail.com` stands in `x'pat@gmail.com.evil.example` too, and that is somebody else. */
const ADDRESS =
  /(?<![\p{L}\p{N}._%+'!#$&*/=?^`{|}~@-])[a-z0-9._%+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,18}(?![\p{L}\p{N}_@-]|\.[\p{L}\p{N}])/gu

/** Recognises an inbox provider's question whether mail may be forwarded to us. */
export function forwardingConfirmation(traits: Traits): Confirmation | null {
  const { message, subject } = traits
  if (message.channel !== 'email') return null
  const domain = message.sender?.split('@').at(-1) ?? ''
  const provider = PROVIDERS.find(([, pattern]) => pattern.test(domain))?.[0]
  const fromGoogle =
    message.sender === 'forwarding-noreply@google.com' ||
    message.headers.some(({ key }) => key === 'x-google-address-confirmation') ||
    traits.links.some(({ href }) =>
      /^https:\/\/mail(?:-settings)?\.google\.com\/mail\/(?:u\/\d+\/)?vf-/.test(href),
    )
  if (!fromGoogle && !asksToForward(traits, provider !== undefined)) return null
  const requester = findRequester(traits)
  const link = findLink(traits, fromGoogle)
  const code = findNumber(subject, message.text ?? traits.words)
  return {
    kind: 'forwarding_confirmation',
    provider: fromGoogle ? 'gmail' : (provider ?? 'other'),
    ...(requester ? { requester } : {}),
    ...(link ? { link } : {}),
    ...(code ? { code } : {}),
    candidates: [],
  }
}

/** Nobody but a mail provider says this, whoever it is. */
const UNMISTAKABLE =
  /\b(?:automatically |auto-?)?forward (?:\w{1,12} ){0,4}(?:e-?mails?|mail|messages) (?:\w{1,12} ){0,6}to (?:you\b|this (?:address|mailbox|account)|your (?:e-?mail|address))|\bas a forwarding (?:address|destination)\b|\bforwarding address (?:verification|confirmation)\b|\b(?:transferer|rediriger|reacheminer) (?:\w{1,12} ){0,4}(?:courriels?|messages?|e-?mails?) (?:\w{1,12} ){0,4}(?:vers|a) (?:vous|votre|cette)\b|\breenvi(?:ar|e) (?:\w{1,12} ){0,4}(?:correos?|mensajes?) (?:\w{1,12} ){0,4}a (?:usted|su|tu|esta)\b/

/** A stranger's mail must say it in its subject or beyond doubt; a mail provider's own may say it in its text. */
function asksToForward({ subject, words, links }: Traits, fromProvider: boolean): boolean {
  const head = words.slice(0, 3000)
  const named = ABOUT_FORWARDING.test(fromProvider ? head : subject) || UNMISTAKABLE.test(head)
  return (
    named &&
    ASKS_CONFIRMING.test(head) &&
    (links.length > 0 || fromProvider) &&
    (fromProvider || REQUESTED.test(head))
  )
}

/**
 * The mailbox that asks: the one address in subject and text that is neither the sender's nor ours. Providers write
 * names into both that their users have chosen, so where two addresses stand nobody can say which of them asks.
 */
function findRequester({ message, subject, words }: Traits): string | null {
  const ours = new Set(
    message.headers
      .filter(({ key }) => key === 'to' || key === 'delivered-to' || key === 'x-forwarded-to')
      .flatMap(({ value }) => value.toLowerCase().match(ADDRESS) ?? []),
  )
  const found = [...(subject.match(ADDRESS) ?? []), ...(words.slice(0, 5000).match(ADDRESS) ?? [])]
  const asking = found.filter(
    (address) =>
      address !== message.sender && !ours.has(address) && !/^(?:no-?reply|support|help|abuse)/.test(address),
  )
  const [requester, ...others] = new Set(asking)
  return others.length === 0 ? (requester ?? null) : null
}

/** The link that confirms; one that cancels is never returned. */
function findLink({ links }: Traits, fromGoogle: boolean): string | null {
  const wanted = links.filter(
    ({ href, text }) => /^https:\/\//i.test(href) && !REFUSES.test(`${href.toLowerCase()} ${fold(text)}`),
  )
  if (fromGoogle) return wanted.find(({ href }) => /\/mail\/(?:u\/\d+\/)?vf-/.test(href))?.href ?? null
  const named = wanted.find(
    ({ href, text }) => ASKS_CONFIRMING.test(fold(text)) || /verif|confirm|accept|approve/i.test(href),
  )
  return (named ?? wanted[0])?.href ?? null
}

/** The provider's own confirmation number: never a login code. */
function findNumber(subject: string, words: string): string | null {
  const inSubject = /\(#(\d{6,12})\)/.exec(subject)?.[1]
  return (
    inSubject ??
    /\bc[oó]d(?:e|igo)\b[^.\n\d]{0,40}?\b((?=[A-Z]{0,11}\d)[A-Z0-9]{6,12})\b/.exec(
      words.replace(/\bC(?=[oó]d)/g, 'c'),
    )?.[1] ??
    null
  )
}
