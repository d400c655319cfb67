import type { Connection, MfaMethod } from '../../domain/connection.ts'
import type { LadderOption } from '../../domain/ladder.ts'
import type { LadderRung, UtilityDefinition } from '../../utilities/definition.ts'
import type { InboxProvider } from '../../utilities/inbox-providers.ts'
import type { Finding } from '../diagnosis/diagnosis.ts'
import { type Footing, footingOf } from './obstacles.ts'
import { GENERAL_ORDER, RUNGS } from './rungs.ts'

export type { LadderOption } from '../../domain/ladder.ts'

export type LadderFacts = {
  readonly connection: Pick<Connection, 'utility' | 'mfaMethod'> & Partial<Pick<Connection, 'inboxAddresses'>>
  /** Undefined for a utility without a definition. */
  readonly utility: UtilityDefinition | undefined
  readonly hasSmsRelay: boolean
  readonly providerOf?: (inbox: string) => InboxProvider | undefined
  /** What has been found out about the logins until now. */
  readonly finding?: Pick<Finding, 'cause' | 'remedy' | 'summary'>
}

type Rung = LadderOption & Pick<Footing, 'holds'>

/**
 * The ways out for a connection, best first: in the utility's own order, then the rungs that it does not name. What
 * the definition recommends is recommended, except what has failed here; where nothing is left of that, the first
 * way for codes that is known to work.
 */
export function ladder(facts: LadderFacts): LadderOption[] {
  const own = facts.utility?.ladder ?? []
  const order = [...own, ...GENERAL_ORDER.filter((rung) => !own.includes(rung))]
  const rungs = order.map((rung) => describe(rung, facts))
  const chosen = rungs.some(({ recommended }) => recommended) ? null : nextBest(rungs)
  return rungs.map(({ holds: _, ...option }) =>
    option.option === chosen ? { ...option, recommended: true } : option,
  )
}

/**
 * What to offer next: the recommended rung, or else the best one that the connection does not stand on and that
 * has not failed here. There always is one, as bills can always be uploaded.
 */
export function nextRung(options: readonly LadderOption[], method: MfaMethod | null): LadderRung {
  const open = options.filter(
    ({ option, available, failedHere }) =>
      available && failedHere === null && (method === null || RUNGS[option].method !== method),
  )
  const byPreference = open.find(({ recommended }) => recommended) ?? open.find(isWayForCodes)
  return byPreference?.option ?? 'upload_documents'
}

/** Collects bills by itself, unlike uploading them. */
const isWayForCodes = ({ option }: LadderOption): boolean => option !== 'upload_documents'

function describe(rung: LadderRung, facts: LadderFacts): Rung {
  const { asksCustomer, failureModes, method } = RUNGS[rung]
  const { holds, why } = footingOf(rung, facts)
  const advice = facts.utility?.advice[rung]
  const available = holds !== 'no'
  const isCurrent = method !== null && method === facts.connection.mfaMethod
  const failedHere = isCurrent ? failureOf(facts) : null
  return {
    option: rung,
    recommended: available && failedHere === null && advice?.fit === 'recommended',
    available,
    why,
    whyNot: available ? null : why,
    asksCustomer,
    steps: available ? (advice?.steps ?? []) : [],
    failureModes: [...failureModes, ...caveats(rung, facts)],
    isCurrent,
    failedHere,
    holds,
  }
}

/** A rung has failed when it cannot be relied on any more, not when somebody has to mend something. */
const failureOf = ({ finding }: LadderFacts): string | null =>
  finding?.remedy === 'another_way' ? finding.summary : null

/** What the customer's own mail provider is known for. */
function caveats(rung: LadderRung, { connection, providerOf }: LadderFacts): readonly string[] {
  if (rung !== 'inbox_forwarding') return []
  const known = (connection.inboxAddresses ?? []).flatMap(
    (inbox) => providerOf?.(inbox)?.forwarding.caveats ?? [],
  )
  return [...new Set(known)]
}

/** Known to work before doubtful, ways for codes before uploading, what failed here not at all. */
function nextBest(rungs: readonly Rung[]): LadderRung {
  const open = rungs.filter(({ available, failedHere }) => available && failedHere === null)
  const ways = open.filter(isWayForCodes)
  const best =
    ways.find(({ holds }) => holds === 'yes') ?? open.find((rung) => !isWayForCodes(rung)) ?? ways[0]
  return best?.option ?? 'upload_documents'
}
