import { endOf, loginResult } from '../../domain/login-result.ts'
import type { ConnectionFacts } from '../facts.ts'
import { isCodeLike, plural } from './arrivals.ts'
import type { Finding } from './diagnosis.ts'
import { isWithin, windowOf } from './logins.ts'
import { type Check, messageEvidence, type Scene } from './scene.ts'

/* Nothing came here. Did it go to another address of ours, or has the way never been opened? */

/** The portal still writes to an address that was given back. */
export const retiredAddress: Check = ({ attempt, facts, utilityName }) => {
  const window = windowOf(attempt)
  const refused = facts.refusals.find(({ firstAt, lastAt }) => lastAt >= window.from && firstAt <= window.to)
  if (!refused) return null
  const isExact = isWithin(refused.lastAt, window) || isWithin(refused.firstAt, window)
  const active = facts.mailboxes.find(({ retiredAt, channel }) => retiredAt === null && channel === 'email')
  return {
    cause: 'retired_address',
    confidence: isExact ? 0.95 : 0.8,
    summary: `Mail to ${refused.address} was refused that day (${plural(refused.count, 'time')}): the address is retired${active ? `; ${active.address} is in use instead` : ''}.`,
    fix: active
      ? `At ${utilityName}'s portal, or in the forwarding rule, ${refused.address} has to be replaced by ${active.address}.`
      : 'Set up a new address for this connection, and let the customer enter it at the portal.',
    remedy: 'customer',
    evidence: [
      {
        text: `Refused ${plural(refused.count, 'time')}, last from ${refused.lastSender || 'an empty sender'}.`,
        at: refused.lastAt,
        mailbox: refused.address,
      },
    ],
    details: {
      retiredAddress: refused.address,
      refused: refused.count,
      ...(active ? { activeAddress: active.address } : {}),
    },
  }
}

/** Two connections of one company at one utility, and the portal was told the other one's address. */
export const otherConnection: Check = ({ attempt, facts, utilityName }) => {
  const window = windowOf(attempt)
  const astray = facts.neighbours.find(
    (message) =>
      isCodeLike(message) &&
      !message.hadOwnLogin &&
      !message.code?.attemptId &&
      isWithin(message.receivedAt, window),
  )
  if (!astray) return null
  const own = facts.mailboxes.find(
    ({ retiredAt, channel }) => retiredAt === null && channel === astray.channel,
  )
  return {
    cause: 'other_connection',
    confidence: astray.extraction === 'code' ? 0.85 : 0.6,
    summary: `A message came to ${astray.mailbox}, which belongs to another connection of this company at ${utilityName}, and no login was under way there.`,
    fix: `At the portal this login has to name its own address${own ? `, ${own.address}` : ''}. Look whether the two were swapped.`,
    remedy: 'customer',
    evidence: [
      {
        ...messageEvidence(astray, 'It came while a code was awaited here.'),
        connectionId: astray.connectionId,
      },
    ],
    details: { messageId: astray.id, otherConnectionId: astray.connectionId },
  }
}

/** When the way of the codes was last known to be open: a message that looked like one, or a code that worked. */
const lastCodeAt = (facts: ConnectionFacts): number =>
  Math.max(
    0,
    ...facts.senders.map(({ lastSeenAt }) => lastSeenAt),
    ...facts.messages.filter(isCodeLike).map(({ receivedAt }) => receivedAt),
    ...facts.attempts.filter((attempt) => loginResult(attempt) === 'worked').map(endOf),
  )

/** The mail provider asked whether it may forward, and since then nothing has come. */
export const forwardingUnconfirmed = ({
  facts,
  setting,
}: Pick<Scene, 'facts' | 'setting'>): Finding | null => {
  const { mfaMethod, inboxAddresses, createdAt } = facts.connection
  if (mfaMethod !== 'inbox_forwarding') return null
  const question = facts.confirmations.at(-1)
  const isOpen = question !== undefined && lastCodeAt(facts) < question.receivedAt
  const asking = inboxAddresses.map(setting.providerOf).find((one) => one?.confirmation.required === 'yes')
  const wasNeverAsked = question === undefined && asking !== undefined && lastCodeAt(facts) === 0
  if (!isOpen && !wasNeverAsked) return null
  return {
    cause: 'forwarding_unconfirmed',
    confidence: isOpen ? 0.9 : 0.75,
    summary: isOpen
      ? 'The mail provider asked to confirm the forwarding address, and nothing has been forwarded since.'
      : `${asking?.name ?? 'The mail provider'} asks before it forwards, and that question never came: our address was not entered there, or not exactly as shown.`,
    fix: isOpen
      ? 'The customer opens the link that we show on the set-up page, then checks that the filter is on.'
      : 'The customer adds our address as a forwarding address in the inbox; the confirmation then shows here.',
    remedy: 'customer',
    evidence: [
      isOpen
        ? {
            text: 'The provider’s question came, and no code after it.',
            at: question.receivedAt,
            messageId: question.messageId,
          }
        : { text: 'No confirmation and no code ever came to this connection.', at: createdAt },
    ],
    ...(isOpen ? { details: { messageId: question.messageId } } : {}),
  }
}

/** Utilities text from short codes, which not every number can receive. */
const SHORT_CODE = /^\d{5,6}$/
const ORDINARY_NUMBER = /^\+\d{7,15}$/

/** Ordinary texts reach the number, texts from short codes never did. */
export const shortCodesBlocked: Check = ({ facts, setting }) => {
  const number = facts.mailboxes.find(({ channel, retiredAt }) => channel === 'sms' && retiredAt === null)
  if (!number || facts.connection.mfaMethod !== 'sms') return null
  const texts = facts.messages.filter(({ mailbox }) => mailbox === number.address)
  const ordinary = texts.findLast(({ sender }) => ORDINARY_NUMBER.test(sender ?? ''))
  const hasShort = [...texts, ...facts.senders].some(({ sender }) => SHORT_CODE.test(sender ?? ''))
  if (!ordinary || hasShort) return null
  const listed = setting.utility?.sms.from.filter((sender) => SHORT_CODE.test(sender)) ?? []
  return {
    cause: 'short_codes_blocked',
    confidence: listed.length > 0 ? 0.85 : 0.7,
    summary: `The number ${number.address} receives texts from ordinary numbers, but none from a short code ever came${listed.length > 0 ? `, and codes are sent from ${listed.join(', ')}` : ''}.`,
    fix: 'Ask the number’s provider to enable short codes, or give the connection another number; then run a test login before the customer changes the portal.',
    remedy: 'us',
    evidence: [messageEvidence(ordinary, `A text from ${ordinary.sender} did come.`)],
    details: { number: number.address },
  }
}
