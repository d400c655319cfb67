import pg from 'pg'
import { checkAcknowledged, checkAll } from '../check.ts'
import { logIn, startFlood } from '../load.ts'
import type { Outcome } from '../scenario.ts'
import { sleep } from '../wait.ts'
import type { Fault, Servers } from './faults.ts'
import type { ClusterWorld } from './world.ts'

export type ClusterRun = {
  /** At least so many logins, each with a code of its own that must be claimed once. */
  readonly codes: number
  /** How many log in at a time, each at a connection of their own. */
  readonly runners: number
  /** Portals that send beside, to connections where nobody logs in. */
  readonly floods: number
  /** Done one after the other, each at least once, from the first again while there are logins to come. */
  readonly faults: readonly Fault[]
  /** Between two of them, ms. */
  readonly calmMs: number
  say(line: string): void
}

export type ClusterOutcome = Outcome & {
  readonly seconds: number
  readonly faults: Readonly<Record<string, number>>
}

const COPIES_MS = 120_000
/** Three nodes, their database and the load share a machine: a copy may wait so long to be marked as sent. */
const MARK_MS = 10_000

type Progress = { logins: number; isBroken: boolean }

/** Logs in `codes` times while things go wrong, then compares what was seen with what is kept. */
export async function runCluster(
  world: ClusterWorld,
  servers: Servers,
  run: ClusterRun,
): Promise<ClusterOutcome> {
  const { ledger, mailboxes } = world
  const slow = world.random.fork('sink')
  // The customer's server takes its time, so that kills find copies in flight.
  world.sink.options.behave = () => ({ kind: 'hold', ms: slow.between(0, 30) })
  const flooded = mailboxes.slice(run.runners)
  const flood =
    run.floods > 0 ? startFlood(world, { portals: run.floods, mailboxes: flooded, paceMs: 60 }) : null
  const startedAt = performance.now()
  const progress = { logins: 0, isBroken: run.faults.length === 0 }
  const isOn = () => progress.logins < run.codes || !progress.isBroken
  const logins = mailboxes
    .slice(0, run.runners)
    .map((mailbox, index) => logInWhile(world, mailbox, index, isOn, progress))
  const faults = await breakThings(world, servers, run, isOn, progress)
  await Promise.all(logins)
  const seconds = (performance.now() - startedAt) / 1000
  await flood?.stop()
  await letLeasesEnd(world)
  const totals = await checkAll(world, { copiesMs: COPIES_MS, markMs: MARK_MS })
  if (totals.codesClaimed !== progress.logins)
    ledger.violate(`${totals.codesClaimed} codes were claimed, by ${progress.logins} logins`)
  return { totals, violations: ledger.violations, notes: ledger.notes, seconds, faults }
}

async function logInWhile(
  world: ClusterWorld,
  mailbox: ClusterWorld['mailboxes'][number],
  index: number,
  isOn: () => boolean,
  progress: Progress,
): Promise<void> {
  while (isOn() && !world.closing.aborted) {
    progress.logins += 1
    try {
      await logIn(world, mailbox, { tls: index % 4 === 1 })
    } catch (error) {
      world.ledger.violate(`a login failed: ${String(error).slice(0, 200)}`)
    }
  }
}

async function breakThings(
  world: ClusterWorld,
  servers: Servers,
  { faults, calmMs, say }: ClusterRun,
  isOn: () => boolean,
  progress: Progress,
): Promise<Record<string, number>> {
  const count: Record<string, number> = {}
  for (let n = 0; isOn() && faults.length > 0; n += 1) {
    await sleep(world.random.between(0.5 * calmMs, 1.5 * calmMs))
    const fault = faults[n % faults.length]!
    if (!isOn()) break
    await fault.run(world, servers)
    progress.isBroken ||= n + 1 >= faults.length
    count[fault.name] = (count[fault.name] ?? 0) + 1
    await checkAcknowledged(world)
    say(`${fault.name}: ${world.ledger.claims.codes} codes claimed, ${world.ledger.mails.size} mails`)
  }
  return count
}

/**
 * What a killed node held is sent when its lease has run out, in two minutes. Nodes that stop in good order give back
 * what they hold: what is leased then was held by the dead, and this makes their leases be over.
 */
async function letLeasesEnd({ relay, databaseUrl }: ClusterWorld): Promise<void> {
  await relay.stop()
  const client = new pg.Client(databaseUrl)
  await client.connect()
  try {
    await client.query("update delivery set leased_until = 0 where state = 'leased'")
  } finally {
    await client.end()
  }
  await relay.start()
}
