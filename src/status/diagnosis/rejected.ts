import { endOf, loginResult } from '../../domain/login-result.ts'
import type { MessageFact } from '../facts.ts'
import { arrivalsOf, day, duration, isBelieved, plural } from './arrivals.ts'
import type { Evidence, Finding } from './diagnosis.ts'
import { SKEW_MS } from './logins.ts'
import { type Check, messageEvidence, type Scene } from './scene.ts'

/* A code was typed, and the portal did not take it. */

/** Too many wrong codes, or the runner read it on the page. */
export const accountLocked: Check = ({ attempt, history, setting, utilityName }) => {
  const says = /\block(?:ed|out)?\b|too many (?:attempts|tries|codes)/i.exec(attempt.outcome?.detail ?? '')
  const limit = setting.utility?.mfa?.lockoutAttempts
  const wrong = history.failing.filter(({ attempt: one }) => loginResult(one) === 'rejected').length
  if (!says && (limit === undefined || wrong < limit)) return null
  return {
    cause: 'account_locked',
    confidence: says ? 0.95 : 0.7,
    summary: says
      ? `The portal says that the login is locked: “${attempt.outcome?.detail}”.`
      : `${plural(wrong, 'code')} in a row were refused, and ${utilityName} locks after ${limit}.`,
    fix: 'No further login before the customer has unlocked it at the portal. Then find out why codes were refused before that.',
    remedy: 'customer',
    evidence: [
      { text: 'The login that the portal turned away.', at: endOf(attempt), attemptId: attempt.id },
      ...history.failing
        .filter(({ attempt: one }) => loginResult(one) === 'rejected' && one.id !== attempt.id)
        .map(({ attempt: one }) => ({ text: 'A code was refused.', at: endOf(one), attemptId: one.id })),
    ],
    details: { rejectedCodes: wrong },
  }
}

/** Which of its codes was wrong, and how: too old, overtaken by a resend, or misread. */
export const rejected = (scene: Scene): Finding => {
  const { mfaMethod } = scene.facts.connection
  if (mfaMethod === 'security_questions' || mfaMethod === 'authenticator')
    return wrongSecret(scene, mfaMethod)
  const codes = arrivalsOf(scene.attempt, scene.facts.messages).filter(
    (message) => isBelieved(message) && message.extraction === 'code',
  )
  const typed = typedOf(scene, codes)
  if (!typed) return wrongUnseen(scene)
  if (isFromBefore(scene, typed)) return stale(scene, typed)
  const newer = codes.find((other) => overtakes(scene, other, typed))
  if (newer) return superseded(scene, typed, newer)
  return endOf(scene.attempt) > expiresAt(scene, typed) ? stale(scene, typed) : wrong(scene, typed)
}

/** The one that this login got; once retention took the codes, the first that came: runners take what is there. */
function typedOf({ attempt }: Scene, codes: readonly MessageFact[]): MessageFact | undefined {
  const claimed = codes.filter(({ code }) => code?.attemptId === attempt.id)
  const there = codes.filter(({ receivedAt }) => receivedAt <= endOf(attempt))
  if (claimed.length === 0) return there[0]
  return claimed.toSorted((one, other) => one.sentAt - other.sentAt).at(-1)
}

/** Sent after the one that was typed, and before the portal answered: only the newest counts at most portals. */
const overtakes = ({ attempt }: Scene, other: MessageFact, typed: MessageFact): boolean =>
  other.id !== typed.id && other.sentAt > typed.sentAt && other.sentAt <= endOf(attempt)

const expiresAt = ({ validMs }: Scene, { code, sentAt }: MessageFact): number =>
  code?.expiresAt ?? sentAt + validMs

/** The skew that claiming allows lets a code of the login just before through; here it counts as old. */
const isFromBefore = ({ attempt }: Scene, { sentAt }: MessageFact): boolean =>
  sentAt < attempt.openedAt - SKEW_MS / 2

function stale(scene: Scene, typed: MessageFact): Finding {
  const { attempt } = scene
  const isOlder = typed.sentAt < attempt.openedAt
  return {
    cause: 'rejected_stale',
    confidence: 0.85,
    summary: isOlder
      ? `The code that was typed was sent ${duration(attempt.openedAt - typed.sentAt)} before this login began: it belonged to an earlier one.`
      : `The code was ${duration(endOf(attempt) - typed.sentAt)} old when the portal answered; codes of ${scene.utilityName} live ${duration(scene.validMs)}.`,
    fix: isOlder
      ? 'Look whether somebody else signs in at the same time, and whether the runner opens its attempt before it asks for the code.'
      : 'The runner has to type the code sooner, or the portal’s validity in the definition is too long.',
    remedy: 'us',
    evidence: evidenceOf(scene, typed),
    details: { messageId: typed.id, rule: typed.rule ?? 'unknown' },
  }
}

function superseded(scene: Scene, typed: MessageFact, newer: MessageFact): Finding {
  return {
    cause: 'rejected_superseded',
    confidence: 0.9,
    summary: `The portal sent a newer code ${duration(newer.sentAt - typed.sentAt)} after the one that was typed, and took only the newer.`,
    fix: 'The runner should ask for the code once. If the portal resends by itself, let the runner ask again with `after` when a code is refused at once.',
    remedy: 'us',
    evidence: [...evidenceOf(scene, typed), messageEvidence(newer, 'The newer code.')],
    details: { messageId: typed.id, newerMessageId: newer.id },
  }
}

function wrong(scene: Scene, typed: MessageFact): Finding {
  const rule = typed.rule ?? 'an unknown rule'
  const others = rejectedBy(scene, typed.rule)
  return {
    cause: 'rejected_wrong',
    confidence: others > 1 ? 0.9 : 0.75,
    summary: `The code was fresh and the only one, and the portal refused it. It was read by ${rule}${others > 1 ? `, whose codes were refused ${others} times` : ''}.`,
    fix: `Open the message and compare. If ${rule} read the wrong number, mend it and add the message as a fixture.`,
    remedy: 'us',
    evidence: evidenceOf(scene, typed),
    details: { messageId: typed.id, rule },
  }
}

/** How many logins in this row typed a code of this rule and were refused. */
const rejectedBy = (scene: Scene, rule: string | null): number =>
  scene.history.failing.filter(
    ({ attempt, result }) =>
      result === 'rejected' &&
      arrivalsOf(attempt, scene.facts.messages).some(
        (message) => message.rule !== null && message.rule === rule,
      ),
  ).length

const evidenceOf = ({ attempt }: Scene, typed: MessageFact): Evidence[] => [
  messageEvidence(
    typed,
    `The message of the code that was typed, read by ${typed.rule ?? 'an unknown rule'}.`,
  ),
  { text: 'The portal refused it.', at: endOf(attempt), attemptId: attempt.id },
]

/** A code that did not come through us: typed by hand, or its message is gone. */
const wrongUnseen = ({ attempt }: Scene): Finding => ({
  cause: 'rejected_wrong',
  confidence: 0.5,
  summary: 'The portal refused a code that is not among the messages here: it may have been typed by hand.',
  fix: 'Ask the runner’s log where the code came from.',
  remedy: 'us',
  evidence: [{ text: 'The portal refused a code.', at: endOf(attempt), attemptId: attempt.id }],
})

function wrongSecret(
  { attempt, utilityName, history, setting }: Scene,
  method: 'security_questions' | 'authenticator',
): Finding {
  const last = history.lastWorked
  const isExact = setting.utility?.mfa?.securityQuestions?.exactAnswers === true
  const since = last ? ` It was last accepted on ${day(endOf(last.attempt))}.` : ''
  const isAnswer = method === 'security_questions'
  return {
    cause: 'rejected_wrong',
    confidence: 0.8,
    summary: `${utilityName} refused ${isAnswer ? 'the stored answer to its question' : 'the code that was made from the stored authenticator key'}.${since}`,
    fix: isAnswer
      ? `The customer enters question and answer again${isExact ? ', exactly as at the portal: case and spaces count' : ''}.`
      : 'The customer sets up the authenticator app anew and gives us the new key. Look also whether two logins ran within one time step.',
    remedy: 'customer',
    evidence: [{ text: 'The portal refused it.', at: endOf(attempt), attemptId: attempt.id }],
  }
}
