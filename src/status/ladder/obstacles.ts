import type { LadderRung, UtilityDefinition } from '../../utilities/definition.ts'
import type { LadderFacts } from './ladder.ts'

/** How sure it is that a rung carries here. `no`: it does not. */
export type Footing = { readonly holds: 'yes' | 'perhaps' | 'no'; readonly why: string | null }

const YES: Footing = { holds: 'yes', why: null }
const no = (why: string): Footing => ({ holds: 'no', why })
const perhaps = (why: string): Footing => ({ holds: 'perhaps', why })

/** What is known of a rung at this utility and for this company, before anybody tried it. */
export const footingOf = (rung: LadderRung, facts: LadderFacts): Footing => {
  const { utility } = facts
  const advice = utility?.advice[rung]
  if (advice?.fit === 'impossible') return no(advice.why)
  const footing = FOOTINGS[rung](facts)
  if (footing.holds === 'no' || !advice) return footing
  if (advice.fit === 'unlikely' || advice.fit === 'unknown') return perhaps(advice.why)
  return { holds: 'yes', why: advice.why }
}

const FOOTINGS: Readonly<Record<LadderRung, (facts: LadderFacts) => Footing>> = {
  upload_documents: () => YES,
  disable_mfa: ({ utility }) => {
    switch (utility?.mfa?.canDisable) {
      case 'yes':
      case 'optional':
        return YES
      case 'no':
        return no('The utility does not let customers turn the second factor off.')
      default:
        return perhaps(
          'Whether the utility lets customers turn it off is not known: look at its security settings.',
        )
    }
  },
  security_questions: ({ utility }) =>
    channel(utility, 'securityQuestions', 'offers security questions', 'strict'),
  managed_forwarding: ({ utility }) => channel(utility, 'email', 'sends codes by e-mail'),
  inbox_forwarding: (facts) => {
    const byMail = channel(facts.utility, 'email', 'sends codes by e-mail')
    return byMail.holds === 'yes' ? inboxFooting(facts) : byMail
  },
  sms: ({ utility, hasSmsRelay }) => {
    const byText = channel(utility, 'sms', 'sends codes by text message')
    if (byText.holds === 'no' || hasSmsRelay) return byText
    return no('Receiving text messages is in beta and not enabled for this company: ask us.')
  },
  authenticator: ({ utility }) =>
    channel(utility, 'authenticator', 'works with authenticator apps', 'strict'),
  automatic: ({ utility }) =>
    utility?.mfa?.asks === 'usually_not'
      ? YES
      : no('The utility asks for a code, which has to come from somewhere.'),
}

type ChannelName = keyof NonNullable<UtilityDefinition['mfa']>['channels']

/** @param mode `strict`: what nobody knows of counts as not there */
function channel(
  utility: UtilityDefinition | undefined,
  name: ChannelName,
  does: string,
  mode: 'open' | 'strict' = 'open',
): Footing {
  switch (utility?.mfa?.channels[name]) {
    case 'yes':
    case 'optional':
      return YES
    case 'no':
      return no(`The utility never ${does}.`)
    case 'conflicting':
      return perhaps(`Sources disagree whether the utility ${does}.`)
    default:
      return mode === 'strict'
        ? no(`It is not known that the utility ${does}.`)
        : perhaps(`Whether the utility ${does} is not known.`)
  }
}

/** A rule in an inbox that its owner may not make is none. */
function inboxFooting({ connection, providerOf }: LadderFacts): Footing {
  for (const inbox of connection.inboxAddresses ?? []) {
    const provider = providerOf?.(inbox)
    if (provider?.forwarding.available === 'admin') {
      return perhaps(`${provider.name} forwards to outside only if an administrator allows it.`)
    }
    if (provider?.forwarding.available === 'plan') {
      return perhaps(`${provider.name} forwards only on some plans.`)
    }
  }
  return YES
}
