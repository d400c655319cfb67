import type { Attempt } from '../../domain/attempt.ts'
import type { Cause } from '../../domain/diagnosis.ts'
import type { ConnectionFacts } from '../facts.ts'
import { ladder, nextRung } from '../ladder/ladder.ts'
import { ambiguous, arrivedLate, candidateHeld, formatChanged, notCollected } from './arrived.ts'
import type { Diagnosis, Finding, Setting } from './diagnosis.ts'
import { forwardingUnconfirmed, otherConnection, retiredAddress, shortCodesBlocked } from './elsewhere.ts'
import { type History, historyOf } from './logins.ts'
import { senderMoved, untrusted } from './quarantined.ts'
import { accountLocked, rejected } from './rejected.ts'
import { type Check, type Scene, sceneOf } from './scene.ts'
import { customerSentence } from './sentences.ts'
import { nothingArrived, worksOnAndOff } from './silence.ts'
import { neverAsked, notAboutCodes, nothingBroken, noWayForCodes } from './without-codes.ts'

/**
 * For a login that got no code: the first that holds. What was seen comes before what was missed, what came to
 * this connection before what went elsewhere, and what is certain before what is likely.
 */
const NO_CODE: readonly Check[] = [
  accountLocked,
  candidateHeld,
  notCollected,
  arrivedLate,
  ambiguous,
  senderMoved,
  untrusted,
  formatChanged,
  retiredAddress,
  otherConnection,
  noWayForCodes,
  forwardingUnconfirmed,
  shortCodesBlocked,
  worksOnAndOff,
]

/** Why the last login broke. Pure: the same facts and the same instant give the same answer. */
export function diagnose(facts: ConnectionFacts, setting: Setting): Diagnosis {
  const history = historyOf(facts.attempts)
  const finding = find(facts, setting, history)
  const { connection, company } = facts
  const options = ladder({
    connection,
    utility: setting.utility,
    hasSmsRelay: company.features.smsRelay,
    providerOf: setting.providerOf,
    finding,
  })
  const isBroken = !NOT_BROKEN.includes(finding.cause)
  return {
    possibleCauses: [],
    details: {},
    ...finding,
    customer: customerSentence({
      utility: setting.utility?.name ?? 'your utility',
      method: connection.mfaMethod,
      finding,
    }),
    attemptId: history.last?.attempt.id ?? null,
    failingSince: isBroken ? (history.failing.at(-1)?.attempt.openedAt ?? null) : null,
    nextRung: isBroken ? nextRung(options, connection.mfaMethod) : null,
  }
}

const NOT_BROKEN: readonly Cause[] = ['healthy', 'unknown']

function find(facts: ConnectionFacts, setting: Setting, history: History): Finding {
  const { last } = history
  if (!last) return beforeFirstLogin(facts, setting, history)
  const scene = sceneOf(last.attempt, history, facts, setting)
  switch (last.result) {
    case 'worked':
    case 'worked_without_code':
      return gotIn(last.attempt) ? nothingBroken(history) : notAboutCodes(scene)
    case 'rejected':
      return accountLocked(scene) ?? rejected(scene)
    case 'never_asked':
      return accountLocked(scene) ?? neverAsked(scene)
    case 'not_received':
      return whyNoCode(scene)
    default:
      return accountLocked(scene) ?? notAboutCodes(scene)
  }
}

/** The portal may have taken the code, or asked for none, and the login broke behind it all the same. */
const gotIn = ({ outcome }: Attempt): boolean =>
  outcome?.status === undefined || outcome.status === 'CONNECTED'

const whyNoCode = (scene: Scene): Finding => {
  for (const check of NO_CODE) {
    const finding = check(scene)
    if (finding) return finding
  }
  return nothingArrived(scene)
}

/** Even before a login something may be waiting for the customer: the confirmation of their mail provider. */
const beforeFirstLogin = (facts: ConnectionFacts, setting: Setting, history: History): Finding =>
  forwardingUnconfirmed({ facts, setting }) ?? nothingBroken(history)
