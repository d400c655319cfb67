import type { Extraction, OtherKind } from '../domain/extraction.ts'
import type { ReadableMessage } from '../domain/message.ts'
import type { Bodies } from './body.ts'
import { fold } from './visible-text/characters.ts'
import type { Link } from './visible-text/page.ts'

/** A message as far as its kind can be told from: words, links, headers. */
export type Traits = {
  readonly message: ReadableMessage
  /** Folded subject. */
  readonly subject: string
  /** Folded visible text, subject first. */
  readonly words: string
  readonly links: readonly Link[]
}

/** Kinds are told from the beginning of a text. */
const MAX_WORDS = 20_000

export function traitsOf(message: ReadableMessage, bodies: Bodies): Traits {
  const subject = fold(message.subject ?? '')
  const page = bodies.html ?? bodies.text
  const other = bodies.html ? bodies.text : null
  return {
    message,
    subject,
    words: `${subject}\n${fold((page?.text ?? '').slice(0, MAX_WORDS))}`,
    links: [...(page?.links ?? []), ...(other?.links ?? [])],
  }
}

const header = (message: ReadableMessage, key: string): string =>
  message.headers.find((field) => field.key === key)?.value.toLowerCase() ?? ''

const BOUNCE_SUBJECT =
  /^(?:undeliver(?:able|ed)|unzustellbar|delivery (?:status notification|failure|failed|error|problem|has failed|incomplete|delayed)|mail (?:delivery (?:failed|failure|system|subsystem|error)|system error)|failure notice|(?:returned|rejected) (?:mail|message)|rejected:|(?:your )?message (?:not delivered|undeliverable|could(?:n't| not) be delivered|was(?:n't| not) delivered|blocked|rejected)|notification d'etat de remise|avis de non-remise|notificacion (?:de estado|del estado) de entrega|aviso de no entrega|non (?:remis|distribuable)|(?:notification d')?echec de (?:la )?(?:remise|livraison|distribution)|remise impossible|message non distribue|courriel non (?:remis|livre)|no se (?:pudo|puede) entregar|no entregado|mensaje no entregado|warning: message .{1,40} delayed)/
const BOUNCE_WORDS =
  /\b(?:could(?:n't| not) be delivered|delivery to the following|undeliverable|permanent (?:fatal )?error|i wasn't able to deliver|was(?:n't| not) delivered|delivery has failed|n'a pas pu etre (?:remis|livre)|no se (?:pudo|ha podido) entregar)\b|\b5\.\d\.\d{1,3}\b|\b550[ -]/

function isBounce({ message, subject, words }: Traits): boolean {
  if (header(message, 'content-type').includes('report-type=delivery-status')) return true
  if (message.attachments.some((part) => part.mimeType === 'message/delivery-status')) return true
  const fromDaemon = /^(?:mailer-daemon|postmaster|mail-daemon|microsoftexchange[^@]*)@/.test(
    message.sender ?? '',
  )
  const nullSender = header(message, 'return-path').trim() === '<>'
  if (fromDaemon || /^mail delivery (?:sub)?system/i.test(message.senderName ?? '')) return true
  if (message.headers.some(({ key }) => key === 'x-failed-recipients')) return true
  return BOUNCE_SUBJECT.test(subject) && (nullSender || BOUNCE_WORDS.test(words))
}

/** Out of office, and receipts of mail that was read. */
const AUTO_REPLY_SUBJECT =
  /^(?:read|lu|leido|gelesen|letto|lido|read receipt|accuse de lecture|confirmacion de lectura)\s?: |^(?:(?:re|fw|tr): )?(?:auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|ooo\b|on vacation|vacation (?:reply|notice)|away from|reponse automatique|absence du bureau|(?:message|avis) d'absence|absent(?:e)? du bureau|absence\b|absent du|en vacances|en conge|de vacaciones|reponse d'absence|respuesta automatica|respuesta de ausencia|autorespuesta|automatic(?:ally generated)? reply|autoreply|\[?auto-?reply\]?|fuera de (?:la )?oficina|ausente de la oficina|automatische antwort|abwesenheit|risposta automatica|resposta automatica)/

function isAutoReply({ message, subject }: Traits): boolean {
  if (message.channel !== 'email') return false
  // Portals mark their own code mails auto-generated; only auto-replied answers somebody.
  if (/^auto-(?:replied|notified)/.test(header(message, 'auto-submitted').trim())) return true
  if (/auto[_-]?reply/.test(header(message, 'precedence'))) return true
  // What is generated and answers something is a receipt, whatever it quotes.
  if (
    /^auto-generated/.test(header(message, 'auto-submitted').trim()) &&
    /^(?:re|aw|sv|rep)\s?:/.test(subject)
  )
    return true
  if (header(message, 'content-type').includes('report-type=disposition-notification')) return true
  if (
    message.headers.some(
      ({ key }) => key === 'x-autoreply' || key === 'x-autorespond' || key === 'x-autoreply-from',
    )
  )
    return true
  return AUTO_REPLY_SUBJECT.test(subject)
}

/** Kinds that headers and senders give away, before anything is read as a code. */
export function structuralKind(traits: Traits): OtherKind | null {
  if (traits.message.channel !== 'email') return null
  if (isBounce(traits)) return 'bounce'
  return isAutoReply(traits) ? 'auto_reply' : null
}

const INVITED =
  /\b(?:(?:has |have |been |are |was |you're )invited (?:you )?|invites you |invitation |(?:has )?named you as |were added to |accept (?:the|this|your) invitation|added you as |you have been added as |vous (?:a|avez ete) invitee?s? |vous invite |invitation |te ha invitado |le ha invitado |ha sido invitad[oa] |invitacion )/
const JOINING =
  /\b(?:accept|authori[sz]ed user|join|access|collaborat\w{2,5}|delegate|guest user|third[- ]party|set up your (?:account|access|login)|create your (?:account|login|password)|accepter|acceder|acces|rejoindre|utilisateur autorise|aceptar|acepte|unirse|usuario autorizado|acceso)\b/
const EVENT =
  /\b(?:webinar|open house|rsvp|public meeting|town hall|calendar|survey|sondage|encuesta|workshop|hearing)\b/

const LINK_WORDS =
  /\b(?:sign|log)(?:ging)?[ -]?(?:in|on) (?:securely )?(?:link|button)\b|\b(?:magic|login|sign-in|one-time|secure|verification|activation|validation|confirmation|this|following|temporary) link\b|\blink (?:below |above )?(?:to|for|that) (?:\w{1,12} ){0,3}(?:sign|log|verify|confirm|finish|complete|activate|approve|validate)|\b(?:click|tap|select|press|follow|open|use) (?:on )?(?:the |this )?(?:\w{1,12} ){0,5}(?:to|and) (?:\w{1,10} ){0,3}(?:sign|log|verify|confirm|validate|activate|approve|finish|complete)\b|\blien (?:de (?:connexion|validation|verification|confirmation|activation)|pour|ci-dessous|suivant|unique|securise)\b|\b(?:cliquez|appuyez) (?:sur|ici)\b[^.\n]{0,60}\b(?:connecter|ouvrir|confirmer|verifier|valider|activer)|\benlace (?:de (?:acceso|inicio|verificacion|confirmacion|activacion)|para|siguiente|seguro)\b|\b(?:haga|haz|pulse|presione) (?:clic )?[^.\n]{0,60}\b(?:iniciar|acceder|confirmar|verificar|validar|activar|ingresar)/
const LINK_ANCHOR =
  /^\W*(?:sign in|log in|login|verify|confirm|approve|validate|activate|yes,|finish|complete|continue to sign|se connecter|connexion|me connecter|ouvrir (?:ma|une) session|verifier|confirmer|valider|activer|iniciar sesion|entrar|acceder|ingresar|verificar|confirmar|validar|activar|unlock)/
const LINK_ONCE =
  /\b(?:link|lien|enlace|button|bouton|boton)\b[^\n]{0,80}\b(?:expires?|valid|once|only|works?|minutes?|hours?|expire|valable|valide|fois|heures?|vence|caduca|valido|vez|horas?)\b|\b(?:expires?|valid for)\b[^.\n]{0,40}\blink\b/

/** A link that dies soon, without the word link. */
const ONCE_WORDS =
  /\bworks (?:only )?once\b|\b(?:within|valid for|expires in|good for) (?:\d{1,3}|\w{3,8}) (?:minutes?|hours?|days?)\b|\b(?:valide|expire) [^.\n]{0,20}\d{1,2} (?:minutes|heures)\b|\b(?:valido|vence|caduca) [^.\n]{0,20}\d{1,2} (?:minutos|horas)\b/
const ANCHOR_VERB =
  /\b(?:verify|confirm|activate|approve|validate|unlock|verifier|confirmer|activer|valider|verificar|confirmar|activar)\b/

/** Kinds that the words give away, once no code was found. */
export function wordedKind(traits: Traits): { kind: OtherKind; link?: string } | null {
  const { words, links } = traits
  if (INVITED.test(words) && JOINING.test(words) && !EVENT.test(traits.subject)) {
    return withLink(
      'invitation',
      links.find(({ text }) => JOINING.test(fold(text))),
    )
  }
  const anchor = links.find(({ text }) => LINK_ANCHOR.test(fold(text)))
  const asked =
    LINK_ONCE.test(words) ||
    ONCE_WORDS.test(words) ||
    /\b(?:magic|sign-?in|login) link\b|lien de connexion|enlace de (?:acceso|inicio)/.test(words)
  const calls = LINK_WORDS.test(words) || (anchor !== undefined && ANCHOR_VERB.test(fold(anchor.text)))
  if (links.length > 0 && calls && (asked || anchor)) {
    if (
      asked ||
      /\b(?:verify|confirm|approve|unlock|validate|activat\w{1,4}|sign(?:ing)? in|log(?:ging)? in|login|connexion|verif\w+|confirm\w+|valid\w+)\b/.test(
        traits.subject,
      )
    ) {
      return withLink('sign_in_link', anchor ?? (links.length === 1 ? links[0] : undefined))
    }
  }
  return null
}

const withLink = (kind: OtherKind, link: Link | undefined): { kind: OtherKind; link?: string } =>
  link ? { kind, link: link.href } : { kind }

/** Whether a message without a code is nothing but news: it must not even speak of a code that could be read. */
export function isNotice(traits: Traits, none: Extract<Extraction, { kind: 'none' }>): boolean {
  return (
    none.reason === 'unmatched' && traits.words.trim() !== '' && none.candidates.every((c) => c.score < 0.2)
  )
}
