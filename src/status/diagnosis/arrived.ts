import { endOf } from '../../domain/login-result.ts'
import type { MessageFact } from '../facts.ts'
import { arrivalsOf, duration, isBelieved, senderName } from './arrivals.ts'
import { isWithin, windowOf } from './logins.ts'
import { type Check, cameFrom, messageEvidence, type Scene } from './scene.ts'

/* A message came and was believed. Why did the login not get a code from it? */

const isDeadOnArrival = ({ validMs }: Scene, { code, sentAt, receivedAt }: MessageFact): boolean =>
  (code?.expiresAt ?? sentAt + validMs) <= receivedAt

const isCode = (message: MessageFact): boolean => isBelieved(message) && message.extraction === 'code'

/** It came in time, and could have been fetched. */
function cameInTime(scene: Scene, message: MessageFact): boolean {
  const window = windowOf(scene.attempt)
  return (
    isCode(message) &&
    message.receivedAt <= endOf(scene.attempt) &&
    message.sentAt >= window.from &&
    !isDeadOnArrival(scene, message)
  )
}

/** A code that is handed out only where the setting says so, as its sender is new. */
export const candidateHeld: Check = (scene) => {
  const held = scene.arrivals.find(
    (message) =>
      cameInTime(scene, message) &&
      message.verdict === 'candidate' &&
      !message.isReleased &&
      message.code?.state !== 'claimed',
  )
  if (!held) return null
  const sender = senderName(held)
  return {
    cause: 'candidate_held',
    confidence: 0.95,
    summary: `A code came in time from ${sender}. It is authentic, but the sender is new, and such codes are held back.`,
    fix: `Look at the message. If it is from ${scene.utilityName}, release it and pin ${sender}, or add the sender to the utility's definition.`,
    remedy: 'us',
    evidence: [cameFrom(held), ...held.reasons.map(({ text }) => messageEvidence(held, text))],
    details: { messageId: held.id, newSender: sender },
  }
}

/** A code was there, and no one took it: our side, or the runner's. */
export const notCollected: Check = (scene) => {
  const ready = scene.arrivals.find(
    (message) => cameInTime(scene, message) && message.verdict !== 'candidate',
  )
  if (!ready) return null
  const wasHandedOut = ready.code?.state === 'claimed'
  const text = wasHandedOut
    ? 'Its code was handed to this login, which says that it got none: the answer may have been lost.'
    : 'Its code could have been fetched before the login ended.'
  return {
    cause: 'not_collected',
    confidence: 0.9,
    summary: `A code came ${duration(ready.receivedAt - scene.attempt.openedAt)} after the login began, in time, and the runner did not use it.`,
    fix: 'Look at the runner: how long it waits for the code, and whether it asks with the right attempt.',
    remedy: 'us',
    evidence: [messageEvidence(ready, text)],
    details: { messageId: ready.id },
  }
}

/** The code came, but later than the login could wait or than the portal takes it. */
export const arrivedLate: Check = (scene) => {
  const end = endOf(scene.attempt)
  const window = windowOf(scene.attempt)
  const late = scene.arrivals.find(
    (message) =>
      isCode(message) &&
      (message.receivedAt > end || message.sentAt < window.from || isDeadOnArrival(scene, message)),
  )
  if (!late) return null
  // A message without a date of its own was sent after the login had asked, no one knows when.
  const isDated = late.sentAt !== late.receivedAt
  const lateBy = late.receivedAt - (isDated ? late.sentAt : scene.attempt.openedAt)
  const isDead = lateBy >= scene.validMs
  return {
    cause: 'arrived_late',
    confidence: isDated ? 0.95 : 0.75,
    summary: `A code came, but ${duration(lateBy)} after it was sent; the login had ended, or the code was dead. Codes of ${scene.utilityName} live ${duration(scene.validMs)}.`,
    fix: isDead
      ? 'Find where the mail waits: a forwarding inbox that polls or greylists, or the utility’s own queue. Forwarding to us directly is faster.'
      : 'Let the runner wait longer: the code was still alive when it came.',
    remedy: isDead ? 'another_way' : 'us',
    evidence: [
      messageEvidence(late, `Sent ${time(late.sentAt)}, received ${time(late.receivedAt)}.`),
      { text: `The login ended ${time(end)}.`, at: end, attemptId: scene.attempt.id },
    ],
    details: {
      messageId: late.id,
      lateBySeconds: Math.round(lateBy / 1000),
      validForSeconds: Math.round(scene.validMs / 1000),
    },
  }
}

const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Several codes fit, and none is handed out, because a wrong one locks. */
export const ambiguous: Check = ({ arrivals, utilityName }) => {
  const unclear = arrivals.find((message) => isBelieved(message) && message.extractionReason === 'ambiguous')
  if (!unclear) return null
  return {
    cause: 'ambiguous',
    confidence: 0.95,
    summary: `A message from ${senderName(unclear)} holds more than one number that could be the code, so none was handed out.`,
    fix: `Open the message and add a template to ${utilityName}'s definition that names the right one.`,
    remedy: 'us',
    evidence: [cameFrom(unclear)],
    details: { messageId: unclear.id },
  }
}

/** A believed message came, and nothing in it was recognised as a code. */
export const formatChanged: Check = (scene) => {
  const { utilityName } = scene
  const unread = scene.arrivals.findLast((message) => isBelieved(message) && message.extraction !== 'code')
  const message = unread ?? newKindOfNotice(scene)
  if (!message) return null
  const isLink = message.extraction === 'sign_in_link'
  return {
    cause: 'format_changed',
    confidence: unread ? 0.9 : 0.6,
    summary: isLink
      ? `${utilityName} sent a link to sign in, where a code was expected.`
      : `A message from ${senderName(message)} came in time, but no code was recognised in it: its format is probably new.`,
    fix: isLink
      ? 'The runner has to open the link, or another way of confirming has to be chosen at the portal.'
      : `Open the message and add a template and a fixture to ${utilityName}'s definition.`,
    remedy: 'us',
    evidence: [cameFrom(message), ...lastRule(scene)],
    details: { messageId: message.id, kind: message.extraction },
  }
}

/**
 * What looks like a notice, while a code was awaited: from where codes came until now, as bills have senders of
 * their own, and only where logins that worked got none beside their code.
 */
function newKindOfNotice({ attempt, facts, history }: Scene): MessageFact | undefined {
  const codeAddress = facts.messages.findLast(isCode)?.address
  const noticeDuring = (login: typeof attempt) =>
    facts.messages.find(
      (message) =>
        message.extraction === 'notice' &&
        isBelieved(message) &&
        (codeAddress === undefined || message.address === codeAddress) &&
        isWithin(message.receivedAt, windowOf(login)),
    )
  const isUsual = history.told.some(
    ({ attempt: other, result }) => result === 'worked' && noticeDuring(other),
  )
  return isUsual ? undefined : noticeDuring(attempt)
}

/** How codes were read until then. */
function lastRule({ history, facts }: Scene) {
  const worked = history.lastWorked
  const read = worked && arrivalsOf(worked.attempt, facts.messages).find(isCode)
  return read ? [messageEvidence(read, `The last code that worked was read by ${read.rule}.`)] : []
}
