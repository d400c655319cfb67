import { endOf } from '../../domain/login-result.ts'
import type { ConnectionFacts } from '../facts.ts'
import { day, isBelieved, isFromKnownSender, plural } from './arrivals.ts'
import type { Evidence, Finding, PossibleCause, PossibleCauseName } from './diagnosis.ts'
import type { History, ToldLogin } from './logins.ts'
import type { Check, Scene } from './scene.ts'

/* Nothing came anywhere. What is that most likely? */

/** Logins that say how reliable the way is. */
const RATE_OVER = 8

/** How many of the newest logins that asked for a code got one; null where they never came and went. */
export function rateOf({
  told,
}: History): { worked: number; outOf: number; logins: readonly ToldLogin[] } | null {
  const logins = told
    .filter(({ result }) => result === 'worked' || result === 'not_received')
    .slice(-RATE_OVER)
  const worked = logins.filter(({ result }) => result === 'worked').length
  const switches = logins.filter(({ result }, index) => index > 0 && result !== logins[index - 1]?.result)
  const comesAndGoes = worked >= 2 && logins.length - worked >= 2 && switches.length >= 3
  return comesAndGoes ? { worked, outOf: logins.length, logins } : null
}

/** Codes come and go by themselves: two failures at least, with logins that worked between them. */
export const worksOnAndOff: Check = ({ history, utilityName }) => {
  const rate = rateOf(history)
  if (!rate) return null
  const { worked, outOf, logins } = rate
  return {
    cause: 'works_on_and_off',
    confidence: 0.8,
    summary: `Codes came for ${worked} of the last ${outOf} logins that asked for one.`,
    fix: `Look whether ${utilityName} limits how often it sends, and whether mail is lost on the way. A way with fewer steps between the portal and us is steadier.`,
    remedy: 'another_way',
    evidence: logins.map(({ attempt, result }) => ({
      text: result === 'worked' ? 'A code came and was accepted.' : 'No code came.',
      at: endOf(attempt),
      attemptId: attempt.id,
    })),
    details: { worked, outOf, ratePercent: Math.round((100 * worked) / outOf) },
  }
}

/** What looks the same from here is one class, with how likely each is. */
export const nothingArrived = (scene: Scene): Finding => {
  const { attempt, history, facts, utilityName } = scene
  const possibleCauses = weigh(scene)
  const last = history.lastWorked
  return {
    cause: 'nothing_arrived',
    confidence: 0.95,
    summary: `No message came for this login, neither here nor at another address of this connection. Most likely: ${possibleCauses[0]?.text}`,
    fix: `The customer looks, in this order: ${possibleCauses
      .slice(0, 3)
      .map(({ cause }) => LOOK_AT[cause])
      .join('; ')}. Then run a test login.`,
    remedy: history.failing.length > 2 ? 'another_way' : 'customer',
    evidence: [
      {
        text: `${utilityName} was asked for a code, and none came.`,
        at: endOf(attempt),
        attemptId: attempt.id,
      },
      last
        ? {
            text: 'The last login that got in by a code.',
            at: endOf(last.attempt),
            attemptId: last.attempt.id,
          }
        : { text: 'No code has ever got this connection in.', at: facts.connection.createdAt },
      ...otherMail(scene),
    ],
    possibleCauses,
    details: { failedLogins: history.failing.length },
  }
}

const TEXTS: Readonly<Record<PossibleCauseName, string>> = {
  rule_off: 'the forwarding rule in the customer’s inbox is off or was removed.',
  blocked_by_provider: 'the mail provider, or the company’s policy, blocks forwarding to outside.',
  destination_changed: 'the portal sends its codes to another address or number than ours.',
  filter_misses_sender: 'the portal’s sender changed, and the filter in the inbox does not name the new one.',
  mail_dropped: 'the message was lost or filtered on its way.',
  not_sent: 'the portal did not send anything, whatever it showed.',
  short_codes_blocked: 'our number cannot receive texts from short codes.',
}

const LOOK_AT: Readonly<Record<PossibleCauseName, string>> = {
  rule_off: 'is the forwarding rule still on',
  blocked_by_provider: 'is there a refusal in the inbox, such as 5.7.520, or a policy of the administrator',
  destination_changed: 'which address or number does the portal show for codes',
  filter_misses_sender: 'from which sender did the last code come, and does the filter name it',
  mail_dropped: 'is the code in the spam folder',
  not_sent: 'does the portal send a code when the customer signs in',
  short_codes_blocked: 'did the number ever get a text from a short code',
}

type Weights = Partial<Record<PossibleCauseName, number>>

/** Estimates of support's experience, by how codes should come and whether they ever did. See decision 062. */
function priors({ connection }: ConnectionFacts, hasWorked: boolean, isPolicyLikely: boolean): Weights {
  if (connection.mfaMethod === 'sms') {
    return hasWorked
      ? { destination_changed: 55, mail_dropped: 25, not_sent: 20 }
      : { destination_changed: 50, short_codes_blocked: 30, not_sent: 10, mail_dropped: 10 }
  }
  if (connection.mfaMethod === 'inbox_forwarding') {
    const blocked_by_provider = isPolicyLikely ? 45 : 10
    return hasWorked
      ? {
          rule_off: 35,
          blocked_by_provider,
          destination_changed: 15,
          filter_misses_sender: 15,
          mail_dropped: 5,
        }
      : {
          rule_off: 40,
          blocked_by_provider,
          filter_misses_sender: 20,
          destination_changed: 5,
          mail_dropped: 5,
        }
  }
  return hasWorked
    ? { destination_changed: 65, mail_dropped: 20, not_sent: 15 }
    : { destination_changed: 75, not_sent: 15, mail_dropped: 10 }
}

/** The priors, changed by what is known, as shares of one. */
function weigh(scene: Scene): PossibleCause[] {
  const { facts, history, setting } = scene
  const inboxes = facts.connection.inboxAddresses
  const isPolicyLikely = inboxes.some((inbox) => setting.providerOf(inbox)?.forwarding.available !== 'yes')
  const weights = priors(facts, history.lastWorked !== null || facts.senders.length > 0, isPolicyLikely)
  if (mailSinceLastCode(scene).length > 0) {
    // Other mail of the utility still comes: the address is known there, and what forwards it is on.
    scale(weights, { destination_changed: 0.4, rule_off: 0.2, blocked_by_provider: 0.2 })
  }
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  return (Object.entries(weights) as [PossibleCauseName, number][])
    .map(([cause, weight]) => ({
      cause,
      likelihood: Math.round((100 * weight) / total) / 100,
      text: TEXTS[cause],
    }))
    .sort((one, other) => other.likelihood - one.likelihood)
}

function scale(weights: Weights, factors: Weights): void {
  for (const [cause, factor] of Object.entries(factors) as [PossibleCauseName, number][]) {
    const weight = weights[cause]
    if (weight !== undefined) weights[cause] = weight * factor
  }
}

function mailSinceLastCode({ facts, history }: Scene) {
  const since = history.lastWorked ? endOf(history.lastWorked.attempt) : Number.POSITIVE_INFINITY
  return facts.messages.filter(
    (message) => message.receivedAt > since && isBelieved(message) && isFromKnownSender(message),
  )
}

function otherMail(scene: Scene): Evidence[] {
  const mail = mailSinceLastCode(scene)
  const last = mail.at(-1)
  if (!last) return []
  const text = `${plural(mail.length, 'other message')} of the utility came since the last code, the last on ${day(last.receivedAt)}: the address is still known there.`
  return [{ text, at: last.receivedAt, messageId: last.id }]
}
