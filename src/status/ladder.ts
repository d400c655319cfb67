import type { MfaMethod } from '../domain/connection.ts'
import type { LadderRung, UtilityDefinition } from '../utilities/definition.ts'

/** One rung of the recommendation ladder for one connection. */
export type Option = {
  readonly option: LadderRung
  readonly recommended: boolean
  readonly available: boolean
  /** Why it is recommended, or not available; null where there is nothing to say. */
  readonly why: string | null
  /** What the customer does at the portal. */
  readonly steps: readonly string[]
}

export type LadderFacts = {
  readonly connection: { readonly utility: string; readonly mfaMethod: MfaMethod | null }
  /** Absent for a utility without a definition. */
  readonly utility: UtilityDefinition | undefined
  readonly hasSmsRelay: boolean
}

/** From what costs the customer least trouble to what works only here and there. */
const GENERAL_LADDER: readonly LadderRung[] = [
  'upload_documents',
  'disable_mfa',
  'security_questions',
  'managed_forwarding',
  'inbox_forwarding',
  'sms',
  'authenticator',
  'automatic',
]

/** What stands against a rung at this utility, or null. What nobody published stands against nothing. */
const obstacles: Record<LadderRung, (facts: LadderFacts) => string | null> = {
  upload_documents: () => null,
  disable_mfa: ({ utility }) =>
    utility?.mfa?.canDisable === 'no'
      ? 'The portal does not let customers turn the second factor off.'
      : null,
  security_questions: ({ utility }) =>
    utility?.mfa?.channels.securityQuestions === 'no' ? 'The portal has no security questions.' : null,
  managed_forwarding: ({ utility }) => withoutEmail(utility),
  inbox_forwarding: ({ utility }) => withoutEmail(utility),
  sms: ({ utility, hasSmsRelay }) => {
    if (utility?.mfa?.channels.sms === 'no') return 'The portal does not send codes by text message.'
    return hasSmsRelay ? null : 'SMS relay is not enabled for this company.'
  },
  authenticator: ({ utility }) =>
    utility?.mfa?.channels.authenticator === 'no'
      ? 'The portal does not work with authenticator apps.'
      : null,
  automatic: ({ utility }) =>
    utility?.mfa?.asks === 'usually_not'
      ? null
      : 'The portal asks for a code, which has to come from somewhere.',
}

const withoutEmail = (utility: UtilityDefinition | undefined): string | null =>
  utility?.mfa?.channels.email === 'no' ? 'The portal does not send codes by e-mail.' : null

/** Rungs that are no way for codes to come: always open, never what is recommended by default. */
const WAYS_AROUND: ReadonlySet<LadderRung> = new Set(['upload_documents', 'disable_mfa'])

/**
 * The ways out for a connection, best first: the utility's own order, then the rungs that it does not name.
 * What its definition recommends is recommended; where it recommends nothing, the first way for codes that is open.
 */
export function ladder(facts: LadderFacts): Option[] {
  const own = facts.utility?.ladder ?? []
  const order = [...own, ...GENERAL_LADDER.filter((rung) => !own.includes(rung))]
  const options = order.map((rung) => describe(rung, facts))
  if (options.some(({ recommended }) => recommended)) return options
  const first = options.find(({ option, available }) => available && !WAYS_AROUND.has(option))
  return options.map((one) => (one === first ? { ...one, recommended: true } : one))
}

function describe(rung: LadderRung, facts: LadderFacts): Option {
  const advice = facts.utility?.advice[rung]
  const obstacle = advice?.fit === 'impossible' ? advice.why : obstacles[rung](facts)
  const available = obstacle === null
  return {
    option: rung,
    recommended: available && advice?.fit === 'recommended',
    available,
    why: obstacle ?? advice?.why ?? null,
    steps: available ? (advice?.steps ?? []) : [],
  }
}
