import type { MessageFact } from '../facts.ts'
import {
  day,
  isBelieved,
  isFromKnownSender,
  isFromNewSender,
  isProven,
  plural,
  senderName,
} from './arrivals.ts'
import type { Evidence, Finding } from './diagnosis.ts'
import { type Check, cameFrom, messageEvidence, reasonEvidence, repeats, type Scene } from './scene.ts'

/* A message came and was kept in quarantine. Whose is it, and what is wrong with it? */

/** Without a code in it, a stranger's message is only worth a word when it comes with every login. */
const isTelling = (scene: Scene, message: MessageFact): boolean => {
  if (isBelieved(message)) return false
  const holdsCode = message.extraction === 'code' || message.extractionReason === 'ambiguous'
  return holdsCode || isFromKnownSender(message) || repeats(scene, sameSender(message)) > 1
}

const sameSender =
  ({ sender }: MessageFact) =>
  (other: MessageFact): boolean =>
    other.sender === sender

/** The portal's codes come from somebody else now: proven to be who they say, but nobody we know. */
export const senderMoved: Check = (scene) => {
  const { facts, utilityName } = scene
  const message = scene.arrivals.find(
    (one) => isTelling(scene, one) && isFromNewSender(one) && isProven(one) && !isFromCustomer(scene, one),
  )
  if (!message) return null
  const sender = senderName(message)
  const former = formerSender(scene, message)
  const seenTimes = repeats(scene, sameSender(message))
  const seenBefore = facts.senders.some((known) => known.sender === message.sender)
  return {
    cause: 'sender_moved',
    confidence: seenTimes > 1 && !seenBefore ? 0.95 : 0.85,
    summary: `Codes of ${utilityName} seem to come from ${sender} now${former ? `; until ${day(former.at)} they came from ${former.sender}` : ''}. The message is in quarantine.`,
    fix: `Look at the message. If it is genuine, release it and pin ${sender}, or add the sender to the utility's definition. With inbox forwarding the customer's filter needs it too.`,
    remedy: 'us',
    evidence: [
      cameFrom(message),
      ...reasonEvidence(message),
      ...(former ? [{ text: `The last believed code came from ${former.sender}.`, at: former.at }] : []),
      ...(seenTimes > 1 ? [times(message, seenTimes)] : []),
    ],
    details: {
      messageId: message.id,
      newSender: sender,
      ...(former ? { formerSender: former.sender } : {}),
    },
  }
}

const times = (message: MessageFact, count: number): Evidence =>
  messageEvidence(message, `This sender wrote during ${plural(count, 'login')} that broke.`)

function formerSender({ facts }: Scene, message: MessageFact): { sender: string; at: number } | null {
  const former = facts.senders
    .filter(({ channel, sender }) => channel === message.channel && sender !== message.sender)
    .sort((one, other) => other.lastSeenAt - one.lastSeenAt)[0]
  return former ? { sender: former.sender, at: former.lastSeenAt } : null
}

/** The sender may be right, but the message does not prove it. */
export const untrusted: Check = (scene) => {
  const message = scene.arrivals.find((one) => isTelling(scene, one))
  if (!message) return null
  return isFromCustomer(scene, message) ? forwardedAsNew(scene, message) : failedChecks(scene, message)
}

/** An inbox rule that says "forward" writes a mail of the customer's own; the utility's signature is lost. */
function forwardedAsNew({ utilityName }: Scene, message: MessageFact): Finding {
  return {
    cause: 'untrusted',
    confidence: 0.9,
    summary: `The customer's inbox sends the code on as a new message of its own (${senderName(message)}), so nothing in it proves that ${utilityName} wrote it.`,
    fix: 'The rule in the inbox has to redirect (or forward automatically), not write a new message: in Outlook choose "Redirect to" instead of "Forward to".',
    remedy: 'customer',
    evidence: [cameFrom(message), ...reasonEvidence(message)],
    details: { messageId: message.id, failedCheck: 'forwarded_as_new_message' },
  }
}

const isFromCustomer = ({ facts }: Scene, { sender }: MessageFact): boolean =>
  facts.connection.inboxAddresses.some((inbox) => inbox.slice(inbox.lastIndexOf('@') + 1) === sender)

function failedChecks(scene: Scene, message: MessageFact): Finding {
  const { check, fix, remedy } = wrongWith(message)
  const because = message.reasons.find(({ code }) => code === check)?.text ?? 'it could not be verified'
  return {
    cause: 'untrusted',
    confidence: isFromKnownSender(message) ? 0.9 : 0.7,
    summary: `A message that says it is from ${senderName(message)} came in time, but is not believed: ${lowerFirst(because)}.`,
    fix,
    remedy,
    evidence: [cameFrom(message), ...reasonEvidence(message), ...routeOf(scene, message)],
    details: { messageId: message.id, failedCheck: check },
  }
}

const lowerFirst = (text: string): string =>
  /^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text

type Wrong = { readonly check: string; readonly fix: string; readonly remedy: 'us' | 'customer' }

/** The failed check that says most, and what has to be published or changed. */
function wrongWith({ reasons }: MessageFact): Wrong {
  for (const [prefix, fix, remedy] of REPAIRS) {
    const reason = reasons.find(({ code }) => code.startsWith(prefix))
    if (reason) return { check: reason.code, fix, remedy }
  }
  const check = reasons.at(-1)?.code ?? 'unknown'
  return { check, fix: 'Look at the message and its checks; release it if it is genuine.', remedy: 'us' }
}

/** By the code of the reason, what says most first. */
const REPAIRS: readonly (readonly [prefix: string, fix: string, remedy: Wrong['remedy']])[] = [
  ['repeated_', 'The message is malformed, perhaps forged. Do not release it before you have read it.', 'us'],
  ['unclear_', 'The message is malformed, perhaps forged. Do not release it before you have read it.', 'us'],
  ['no_sender', 'The message names no single sender. Do not release it before you have read it.', 'us'],
  [
    'addressed_elsewhere',
    'It is signed, but written to an address that is neither ours nor a recorded inbox: perhaps somebody sends on a code of their own. If the address is the customer’s, record it as an inbox.',
    'us',
  ],
  [
    'forwarder_unproven',
    'The inbox that forwards has no SPF record that covers it: its administrator has to publish one, or forward by redirect.',
    'customer',
  ],
  [
    'dkim_fail',
    'Something on the way changes the message (a footer, a link scanner): the customer’s administrator has to exempt it, or the portal has to write to us directly.',
    'customer',
  ],
  [
    'dmarc_fail',
    'The utility’s own policy says that this mail is not theirs. With forwarding: redirect it unchanged. Otherwise the utility has to sign with DKIM.',
    'customer',
  ],
  [
    'dkim_void',
    'The utility signs only part of its mail. It has to sign the whole message; until then release by hand.',
    'us',
  ],
  [
    'dkim_not_aligned',
    'A service signs for the utility with its own domain. Once it is known to be theirs, add that domain to signedBy in the definition.',
    'us',
  ],
  [
    'dkim_none',
    'The utility does not sign its mail and SPF does not cover the server it came from: it has to publish SPF or sign with DKIM.',
    'us',
  ],
  [
    'spf_',
    'SPF does not cover the server that it came from: the utility has to publish it, or the forwarder has to keep the signature.',
    'us',
  ],
]

const routeOf = ({ facts }: Scene, message: MessageFact): Evidence[] =>
  facts.connection.mfaMethod === 'inbox_forwarding' && message.forwardedBy === null
    ? [messageEvidence(message, 'It came through no inbox that is known for this connection.')]
    : []
