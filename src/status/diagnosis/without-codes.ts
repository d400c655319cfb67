import { endOf } from '../../domain/login-result.ts'
import { STATUS_BOOK } from '../../domain/status-book.ts'
import type { ConnectionFacts } from '../facts.ts'
import { plural } from './arrivals.ts'
import type { Finding } from './diagnosis.ts'
import type { History } from './logins.ts'
import type { Check, Scene } from './scene.ts'
import { rateOf } from './silence.ts'

/* Logins that say nothing about the way of a code. */

/** The login broke before the portal asked for a code: a CAPTCHA, a passkey page, a redesign. */
export const neverAsked = ({ attempt, utilityName }: Scene): Finding => ({
  cause: 'never_asked',
  confidence: 0.9,
  summary: `The runner never got to the point where ${utilityName} sends a code${attempt.outcome?.detail ? `: “${attempt.outcome.detail}”` : ''}. The way of the codes is not at fault.`,
  fix: 'Look at the login itself: a CAPTCHA, a passkey page or a changed form.',
  remedy: 'us',
  evidence: [
    { text: 'The runner reports that no code was asked for.', at: endOf(attempt), attemptId: attempt.id },
  ],
})

/** The portal wants a code, and the set-up has nowhere for one to come. */
export const noWayForCodes: Check = ({ attempt, facts, utilityName }) => {
  const { mfaMethod } = facts.connection
  const isOpen = facts.mailboxes.some(({ retiredAt }) => retiredAt === null)
  const needsMailbox =
    mfaMethod === 'managed_forwarding' || mfaMethod === 'inbox_forwarding' || mfaMethod === 'sms'
  if (needsMailbox ? isOpen : mfaMethod === null && isOpen) return null
  return {
    cause: 'no_way_for_codes',
    confidence: 0.9,
    summary: `${utilityName} asks for a code, and this connection ${EXPECTS[mfaMethod ?? 'nothing']}.`,
    fix:
      FIXES[mfaMethod ?? 'nothing'] ??
      'Choose how codes reach us, and let the customer set it up at the portal.',
    remedy: mfaMethod === 'authenticator' || mfaMethod === 'security_questions' ? 'customer' : 'another_way',
    evidence: [{ text: 'The portal asked for a code.', at: endOf(attempt), attemptId: attempt.id }],
  }
}

type Method = NonNullable<ConnectionFacts['connection']['mfaMethod']> | 'nothing'

const EXPECTS: Readonly<Record<Method, string>> = {
  managed_forwarding: 'has no address in use',
  inbox_forwarding: 'has no address in use',
  sms: 'has no number in use',
  security_questions: 'has no answer to what it asked',
  authenticator: 'has no authenticator key that could answer it',
  automatic: 'is set up to need none',
  disabled: 'is set up as if the second factor were off',
  nothing: 'has no second factor set up',
}

const FIXES: Partial<Record<Method, string>> = {
  security_questions: 'The customer adds the question that the portal asks now, with its answer.',
  authenticator: 'The customer gives us the set-up key of the authenticator app, or chooses another way.',
  disabled: 'The customer turns the second factor off again at the portal, or chooses how codes reach us.',
}

/** It broke, but not on its second factor. */
export const notAboutCodes = ({ attempt }: Scene): Finding => {
  const status = attempt.outcome?.status ?? 'OTHER_ERROR'
  const { displayName, meaning, group } = STATUS_BOOK[status]
  const detail = attempt.outcome?.detail
  return {
    cause: 'not_about_codes',
    confidence: 0.9,
    summary: `The last login ended as ${displayName}${detail ? ` (“${detail}”)` : ''}; codes play no part in it.`,
    fix: group === 'customer_action' ? 'The customer reconnects with what the portal takes now.' : meaning,
    remedy: group === 'customer_action' ? 'customer' : 'us',
    evidence: [{ text: `Reported: ${displayName}.`, at: endOf(attempt), attemptId: attempt.id }],
  }
}

/** The last login worked, or nothing has ever been tried. Silence is no symptom. */
export function nothingBroken(history: History): Finding {
  const { last } = history
  if (!last) {
    return {
      cause: 'unknown',
      confidence: 1,
      summary: 'No login has told how it ended yet, so there is nothing to explain.',
      fix: 'Run a test login.',
      remedy: 'wait',
      evidence: [],
    }
  }
  const rate = rateOf(history)
  const isShaky = rate !== null
  const often = isShaky
    ? ` Codes came for ${rate.worked} of the last ${rate.outOf} logins that asked for one.`
    : ''
  return {
    cause: 'healthy',
    confidence: isShaky ? 0.7 : 0.95,
    summary: `${last.result === 'worked' ? 'The last login got in by its code.' : withoutCode(history)}${often}`,
    fix: isShaky ? 'Nothing to do now; keep an eye on it.' : 'Nothing to do.',
    remedy: 'wait',
    evidence: [{ text: 'The last login worked.', at: endOf(last.attempt), attemptId: last.attempt.id }],
    ...(isShaky ? { details: { worked: rate.worked, outOf: rate.outOf } } : {}),
  }
}

function withoutCode({ told }: History): string {
  const quiet = told.filter(({ result }) => result === 'worked_without_code').length
  return `The last login got in without being asked for a code. Portals remember devices, so this is no sign of trouble (${plural(quiet, 'such login')}).`
}
