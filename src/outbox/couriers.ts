import type { Courier } from '../domain/delivery.ts'
import type { CourierPort } from './courier.ts'
import type { ComposeDeps } from './email/compose.ts'
import { emailCourier } from './email/courier.ts'
import { loadDkimSigner } from './email/dkim.ts'
import { type LoopMarks, loopMarks } from './email/loop.ts'
import { type NoticeMailer, noticeMailer } from './email/notice.ts'
import { type ReturnPaths, returnPaths } from './email/return-path.ts'
import { type Links, makeLinks } from './links.ts'
import { macFor } from './mac.ts'
import { type SmsMessages, smsCourier } from './sms/courier.ts'

/** The settings that copies are made with; see docs/config.md. */
export type CopySettings = {
  readonly mailDomain: string
  readonly outboundSmtpUrl: string
  readonly relayFrom: string
  readonly attachOriginal: boolean
  readonly dkimDomain: string
  readonly dkimSelector: string
  readonly dkimKey: string
  readonly smsFrom: string
  readonly publicUrl: string
}

export type CourierParts = {
  /** The first signs, all verify. 32 bytes each. */
  readonly masterKeys: readonly Uint8Array[]
  /** Where our pages are seen from outside; asked when a copy is written. */
  readonly publicUrl: () => string
  /** Name of a defined utility. */
  readonly nameOf: (utility: string) => string | undefined
  /** `client.messages` of Twilio's client; null when Twilio is not set up. */
  readonly smsMessages: SmsMessages | null
}

/** The couriers that the settings allow, and what recognises again what they sent. */
export type CourierSet = {
  readonly couriers: Readonly<Partial<Record<Courier, CourierPort>>>
  /** Tells people what needs them, over the e-mail courier; null where there is none. */
  readonly notices: NoticeMailer | null
  readonly links: Links
  readonly returnPaths: ReturnPaths
  readonly loopMarks: LoopMarks
}

/** @throws Error when DKIM_KEY cannot be used: unsigned copies end in spam folders, and nobody would know why */
export function makeCouriers(settings: CopySettings, parts: CourierParts): CourierSet {
  const { masterKeys, publicUrl, nameOf, smsMessages } = parts
  const links = makeLinks(macFor(masterKeys, 'links', 64), publicUrl)
  const paths = returnPaths(macFor(masterKeys, 'return-path'), settings.mailDomain)
  const marks = loopMarks(macFor(masterKeys, 'loop'))
  const writing: ComposeDeps = {
    from: settings.relayFrom || `codes@${settings.mailDomain}`,
    mailDomain: settings.mailDomain,
    attachOriginal: settings.attachOriginal,
    nameOf,
    links,
    loopMarks: marks,
    returnPaths: paths,
    messageIdMac: macFor(masterKeys, 'message-id', 40),
  }
  const { outboundSmtpUrl } = settings
  const email = outboundSmtpUrl
    ? emailCourier({ ...writing, outboundSmtpUrl, dkim: loadDkimSigner(settings) })
    : null
  const sms =
    settings.smsFrom && smsMessages
      ? smsCourier({
          messages: smsMessages,
          smsFrom: settings.smsFrom,
          publicUrl: settings.publicUrl,
          nameOf,
          links,
        })
      : null
  return {
    couriers: { ...(email ? { email } : {}), ...(sms ? { sms } : {}) },
    notices: email && noticeMailer(email, writing),
    links,
    returnPaths: paths,
    loopMarks: marks,
  }
}
