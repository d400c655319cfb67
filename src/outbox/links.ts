import { compactId, expandId } from './compact-id.ts'
import type { Mac } from './mac.ts'

/** What a link lets its holder do: confirm that they want copies, stop them, or stop mails about what needs them. */
export type LinkPurpose = 'confirm' | 'stop' | 'notices'

/** What a token from a link says. */
export type LinkToken =
  | { readonly kind: 'valid'; readonly recipientId: string }
  | { readonly kind: 'expired'; readonly recipientId: string }
  | { readonly kind: 'invalid' }

/** Links for recipients. Nothing is stored for them: a token is signed, and says whom it is for and until when. */
export type Links = {
  /** @param expiresAt ms UTC */
  confirmUrl(recipientId: string, expiresAt: number): string
  /** Never expires: who wants no more mail must not be told that they come too late. */
  stopUrl(recipientId: string): string
  /** As {@link Links.stopUrl}, for somebody who is told what needs them. */
  noticesUrl(contactId: string): string
  read(purpose: LinkPurpose, token: string, now: number): LinkToken
}

/** How long a question to a new recipient can be answered. */
export const CONFIRMATION_DAYS = 14

const TOKEN = /^([0-9a-f]{32})-([0-9a-z]{1,9})-([0-9a-f]+)$/
const NEVER = 0

/**
 * @param mac made for links alone; use all 64 hex digits, as a URL has room
 * @param baseUrl where the pages are seen from outside; asked late, as a port may be chosen at start
 */
export function makeLinks(mac: Mac, baseUrl: () => string): Links {
  const url = (purpose: LinkPurpose, recipientId: string, expirySeconds: number): string => {
    const payload = `${compactId(recipientId)}-${expirySeconds.toString(36)}`
    return `${baseUrl()}/r/${purpose}/${payload}-${mac.sign(`${purpose}:${payload}`)}`
  }
  return {
    confirmUrl: (recipientId, expiresAt) => url('confirm', recipientId, Math.ceil(expiresAt / 1000)),
    stopUrl: (recipientId) => url('stop', recipientId, NEVER),
    noticesUrl: (contactId) => url('notices', contactId, NEVER),
    read(purpose, token, now) {
      const [, compact = '', expiry = '', tag = ''] = TOKEN.exec(token) ?? []
      const recipientId = expandId(compact)
      if (recipientId === null || !mac.verify(`${purpose}:${compact}-${expiry}`, tag))
        return { kind: 'invalid' }
      const expirySeconds = Number.parseInt(expiry, 36)
      const isOver = expirySeconds !== NEVER && now > expirySeconds * 1000
      return { kind: isOver ? 'expired' : 'valid', recipientId }
    },
  }
}
