import type { SendMailOptions } from 'nodemailer'
import { parseEmailAddress } from '../../domain/address.ts'
import type { DeliveryKind } from '../../domain/delivery.ts'
import type { DeliveryContent } from '../../store/store.ts'
import { CONFIRMATION_DAYS, type Links } from '../links.ts'
import type { Mac } from '../mac.ts'
import { cleanLine, utilityName } from '../wording.ts'
import { type Letter, renderHtml, renderText } from './layout.ts'
import { codeLetter, confirmationLetter, type LetterFacts, noticeLetter, proofLetter } from './letters.ts'
import { LOOP_HEADER, type LoopMarks } from './loop.ts'
import { messageIdOf } from './original.ts'
import { proofMark, proofSender } from './proof.ts'
import type { ReturnPaths } from './return-path.ts'

/** What composing needs beside the delivery itself. */
export type ComposeDeps = {
  /** Bare address that copies come from. */
  readonly from: string
  readonly mailDomain: string
  /** Attach the original to code copies too. */
  readonly attachOriginal: boolean
  readonly nameOf: (utility: string) => string | undefined
  readonly links: Links
  readonly loopMarks: LoopMarks
  readonly returnPaths: ReturnPaths
  readonly messageIdMac: Mac
}

/** A message ready for the transport, or why there is none and never will be. */
export type Composed =
  | { readonly kind: 'message'; readonly message: SendMailOptions }
  | { readonly kind: 'impossible'; readonly error: string }

const DAY_MS = 86_400_000
/** Larger originals stay here: a next hop would refuse the whole copy. */
const ATTACHMENT_LIMIT = 10_000_000

/**
 * The copy as a message. Every field that comes from outside is cleaned or checked here; addresses are passed
 * as objects after our own grammar, as the library would parse strings again.
 */
export function compose(deps: ComposeDeps, content: DeliveryContent): Composed {
  const { delivery } = content
  const to = parseEmailAddress(delivery.address)
  const from = parseEmailAddress(senderOf(deps, delivery.kind))
  if (!to || !from)
    return {
      kind: 'impossible',
      error: `not an address that can be written to: ${to ? 'RELAY_FROM' : 'recipient'}`,
    }
  const utility = utilityName(content.utility, content.url, deps.nameOf)
  const letter = write(deps, content, utility)
  if (typeof letter === 'string') return { kind: 'impossible', error: letter }
  const references = content.raw && content.message?.channel === 'email' ? messageIdOf(content.raw) : null
  return {
    kind: 'message',
    message: {
      from: { name: `${utility} via MFA Relay`, address: from },
      to: { name: '', address: to },
      envelope: { from: deps.returnPaths.make(delivery.id), to: [to] },
      subject: letter.subject,
      text: renderText(letter),
      html: renderHtml(letter),
      attachments: attachments(deps, content),
      messageId: messageId(deps, content),
      ...(references ? { references } : {}),
      headers: ownHeaders(deps, content, letter),
      disableFileAccess: true,
      disableUrlAccess: true,
    },
  }
}

/** Test mail has a sender of its own: a rule may forward it, and must not forward copies. */
const senderOf = ({ from, mailDomain }: ComposeDeps, kind: DeliveryKind): string =>
  kind === 'inbox_proof' ? proofSender(mailDomain) : from

function write(deps: ComposeDeps, content: DeliveryContent, utility: string): Letter | string {
  const { delivery, code } = content
  const facts: LetterFacts = {
    content,
    utility,
    company: cleanLine(content.companyName, 80) || 'Your energy data company',
    stopUrl: deps.links.stopUrl(delivery.recipientId),
  }
  switch (delivery.kind) {
    case 'code_copy':
      return code ? codeLetter(facts, cleanLine(code.code, 40)) : 'the code is no longer kept'
    case 'notice_copy':
      if (!content.message) return 'the message is no longer kept'
      return noticeLetter(facts, smsBody(content), isAttachable(content))
    case 'inbox_proof':
      return proofLetter(facts, proofMark(deps.returnPaths, delivery.id))
    case 'confirm_recipient': {
      // Counted from when it was asked, so that a second try is the same letter.
      const expiresAt = delivery.createdAt + CONFIRMATION_DAYS * DAY_MS
      return confirmationLetter(
        facts,
        deps.links.confirmUrl(delivery.recipientId, expiresAt),
        CONFIRMATION_DAYS,
      )
    }
  }
}

const smsBody = ({ message, raw }: DeliveryContent): string | undefined =>
  message?.channel === 'sms' && raw ? new TextDecoder().decode(raw) : undefined

const isAttachable = ({ message, raw }: DeliveryContent): boolean =>
  message?.channel === 'email' && raw !== null && raw.byteLength <= ATTACHMENT_LIMIT

function attachments(
  deps: ComposeDeps,
  content: DeliveryContent,
): NonNullable<SendMailOptions['attachments']> {
  const isWanted =
    content.delivery.kind === 'notice_copy' || (content.delivery.kind === 'code_copy' && deps.attachOriginal)
  if (!isWanted || !isAttachable(content) || !content.raw) return []
  return [
    {
      filename: 'original-message.eml',
      contentType: 'message/rfc822',
      contentDisposition: 'attachment',
      content: Buffer.from(content.raw),
    },
  ]
}

/**
 * The same for every try of this copy, so that a receiver can fold our rare duplicates, and new, since mail
 * programs hide a copy that bears the Message-ID of a message they already have.
 */
function messageId(deps: ComposeDeps, { delivery }: DeliveryContent): string {
  const subject = `${delivery.kind}:${delivery.messageId ?? delivery.id}:${delivery.recipientId}`
  return `<${deps.messageIdMac.sign(subject)}@${deps.mailDomain}>`
}

function ownHeaders(deps: ComposeDeps, { delivery }: DeliveryContent, { stopUrl }: Letter) {
  return {
    // RFC 3834 §5 and Exchange's own word for it: no out-of-office replies to this.
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
    [LOOP_HEADER]: deps.loopMarks.make(delivery.connectionId),
    'List-Unsubscribe': { prepared: true, foldLines: false, value: `<${stopUrl}>` },
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  }
}
