import type { SendMailOptions } from 'nodemailer'
import { parseEmailAddress } from '../../domain/address.ts'
import type { SendResult } from '../../domain/delivery.ts'
import type { NoticeContent } from '../../domain/notice.ts'
import { cleanLine } from '../wording.ts'
import type { ComposeDeps } from './compose.ts'
import type { EmailCourier } from './courier.ts'
import { renderHtml, renderText } from './layout.ts'
import { LOOP_HEADER } from './loop.ts'
import { noticeLetter } from './notice-letter.ts'

/** Sends mails that tell people what needs them. */
export type NoticeMailer = {
  /** Tries once. What went wrong is a result. */
  send(content: NoticeContent, signal: AbortSignal): Promise<SendResult>
}

/** Over the same next hop as copies, with the same sender and signature. */
export function noticeMailer(courier: Pick<EmailCourier, 'mail'>, deps: ComposeDeps): NoticeMailer {
  return {
    async send(content, signal) {
      const message = composeNotice(deps, content)
      if (message === null) return { kind: 'permanent', error: 'not an address that can be written to' }
      return courier.mail(message, signal)
    },
  }
}

/** The mail, the same on every try as long as what it tells is; null: it cannot be addressed. */
export function composeNotice(deps: ComposeDeps, content: NoticeContent): SendMailOptions | null {
  const to = parseEmailAddress(content.address)
  const from = parseEmailAddress(deps.from)
  if (!to || !from) return null
  const { id, contactId } = content.mail
  const stopUrl = deps.links.noticesUrl(contactId)
  const letter = noticeLetter(content, deps.nameOf, stopUrl)
  const company = cleanLine(content.companyName, 60)
  return {
    from: { name: company ? `${company} via MFA Relay` : 'MFA Relay', address: from },
    to: { name: '', address: to },
    envelope: { from: deps.returnPaths.make(id), to: [to] },
    subject: letter.subject,
    text: renderText(letter),
    html: renderHtml(letter),
    messageId: `<${deps.messageIdMac.sign(`notice:${id}`)}@${deps.mailDomain}>`,
    headers: {
      // RFC 3834 §5 and Exchange's own word for it: no out-of-office replies to this.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      [LOOP_HEADER]: deps.loopMarks.make(contactId),
      'List-Unsubscribe': { prepared: true, foldLines: false, value: `<${stopUrl}>` },
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}
