import type { LadderRung, UtilityDefinition } from '../utilities/definition.ts'
import { diagnose } from './diagnosis/diagnose.ts'
import type { Diagnosis, Setting } from './diagnosis/diagnosis.ts'
import type { ConnectionFacts } from './facts.ts'
import { type LadderOption, ladder } from './ladder/ladder.ts'

/** One question that support asks the customer; the first yes decides the way. */
export type TriageQuestion = {
  readonly id: QuestionId
  readonly question: string
  /** Filled in where what we know answers it; null: ask. */
  readonly answer: 'yes' | 'no' | null
  /** Why it is answered so. */
  readonly because: string | null
  /** The rung of the ladder that a yes leads to. */
  readonly leadsTo: LadderRung
}

export type QuestionId =
  | 'can_upload_bills'
  | 'can_disable_mfa'
  | 'can_use_security_questions'
  | 'can_change_destination'
  | 'has_unrestricted_inbox'
  | 'is_sms_only'
  | 'can_share_authenticator'
  | 'asks_no_code'

/** What support sees: why it broke, what to ask, what can be offered. */
export type Triage = {
  readonly diagnosis: Diagnosis
  readonly questions: readonly TriageQuestion[]
  readonly options: readonly LadderOption[]
}

/** Everything support needs for one call. Pure. */
export function triage(facts: ConnectionFacts, setting: Setting): Triage {
  const diagnosis = diagnose(facts, setting)
  const options = ladder({
    connection: facts.connection,
    utility: setting.utility,
    hasSmsRelay: facts.company.features.smsRelay,
    providerOf: setting.providerOf,
    finding: diagnosis,
  })
  const questions = options.map((option) => ask(option, facts, setting))
  return { diagnosis, questions, options }
}

type Asked = { readonly id: QuestionId; readonly question: string; readonly answer: Answer }
type Known = Pick<TriageQuestion, 'answer' | 'because'>
/** What is known beside the rung being out of reach, which already answers with no. */
type Answer = (facts: ConnectionFacts, setting: Setting) => Known

const OPEN: Known = { answer: null, because: null }
const yes = (because: string): Known => ({ answer: 'yes', because })
const no = (because: string): Known => ({ answer: 'no', because })
const open: Answer = () => OPEN

/** The question behind each rung, in the order of the ladder for this utility. */
const QUESTIONS: Readonly<Record<LadderRung, Asked>> = {
  upload_documents: {
    id: 'can_upload_bills',
    question: 'Can the customer send us the bills instead?',
    answer: open,
  },
  disable_mfa: {
    id: 'can_disable_mfa',
    question: 'Can the customer turn the second factor off at the utility?',
    answer: open,
  },
  security_questions: {
    id: 'can_use_security_questions',
    question: 'Can the customer use security questions at the utility, and share the answers?',
    answer: open,
  },
  managed_forwarding: {
    id: 'can_change_destination',
    question: 'Will the customer let the utility send codes to an address of ours?',
    answer: open,
  },
  inbox_forwarding: {
    id: 'has_unrestricted_inbox',
    question: 'Is the customer’s inbox personal, or free to forward to outside?',
    answer: (facts, setting) => inboxAnswer(facts, setting),
  },
  sms: {
    id: 'is_sms_only',
    question: 'Does the utility send codes only by text message?',
    answer: (_, { utility }) => smsOnly(utility),
  },
  authenticator: {
    id: 'can_share_authenticator',
    question: 'Can the customer give us the set-up key of the authenticator app?',
    answer: open,
  },
  automatic: {
    id: 'asks_no_code',
    question: 'Does the utility let the login in without a code?',
    answer: open,
  },
}

function ask(option: LadderOption, facts: ConnectionFacts, setting: Setting): TriageQuestion {
  const { id, question, answer } = QUESTIONS[option.option]
  const known = answeredByLadder(option) ?? answer(facts, setting)
  return { id, question, ...known, leadsTo: option.option }
}

function answeredByLadder({ option, whyNot, failedHere }: LadderOption): Known | null {
  if (failedHere !== null) return no(`It has failed here. ${failedHere}`)
  // The way by text may be closed for the company while the utility has no other: the question stays.
  return whyNot !== null && option !== 'sms' ? no(whyNot) : null
}

function inboxAnswer({ connection }: ConnectionFacts, { providerOf }: Setting): Known {
  const providers = connection.inboxAddresses.map(providerOf)
  if (providers.length === 0) return OPEN
  const closed = providers.find((provider) => provider?.forwarding.available === 'admin')
  if (closed) return no(`${closed.name} forwards to outside only if an administrator allows it.`)
  return providers.every((provider) => provider?.forwarding.available === 'yes')
    ? yes(`${providers.map((provider) => provider?.name).join(', ')} lets its users forward to outside.`)
    : OPEN
}

function smsOnly(utility: UtilityDefinition | undefined): Known {
  const channels = utility?.mfa?.channels
  if (!utility || !channels) return OPEN
  if (channels.sms === 'no') return no(`${utility.name} sends no codes by text message.`)
  if (channels.email === 'yes' || channels.email === 'optional')
    return no(`${utility.name} also sends codes by e-mail.`)
  return channels.email === 'no' && channels.sms === 'yes'
    ? yes(`${utility.name} sends codes by text message, and none by e-mail.`)
    : OPEN
}
