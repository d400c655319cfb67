import type { Connection } from '../../src/domain/connection.ts'
import type { Cause } from '../../src/domain/diagnosis.ts'
import { diagnose } from '../../src/status/diagnosis/diagnose.ts'
import type { Diagnosis } from '../../src/status/diagnosis/diagnosis.ts'
import { HISTORY_MS } from '../../src/status/facts.ts'
import { providerOf } from '../../src/utilities/inbox-providers.ts'
import { type Customer, moveIn } from './customer.ts'
import { logIn } from './login.ts'
import { interrupt, sendNoise } from './portal.ts'
import { type Random, seeded } from './random.ts'
import { setTheStage } from './stage.ts'
import { beginLife } from './status-life.ts'
import { FAIR, TROUBLES, type Trouble, type Way } from './troubles.ts'
import { openWorld, type World } from './world.ts'

/** What support was told about one trouble. */
export type Case = {
  readonly trouble: string
  readonly way: Way
  readonly truth: Cause
  /** A day after the login. */
  readonly diagnosis: Diagnosis
  /** Almost a week after it: what is left once retention has taken the codes. Null where nothing was wrong. */
  readonly lateDiagnosis: Diagnosis | null
}

export type YearOptions = { readonly connections: number; readonly weeks?: number; readonly seed?: number }
export type Year = { readonly cases: readonly Case[]; readonly logins: number }

const HOUR = 3_600_000
const DAY = 24 * HOUR
const WEEK = 7 * DAY
const START = Date.UTC(2026, 0, 5, 2)
/** Weeks between the end of one trouble and the next: long enough that what comes and goes is told from it. */
const REST_WEEKS = 8

/**
 * A year of weekly logins at a portal with troubles, on a real store: messages go the real way but for sockets and
 * DNS, and what support would be told is kept beside what was truly wrong. Time is handed in.
 */
export async function simulateYear({ connections, weeks = 52, seed = 7 }: YearOptions): Promise<Year> {
  const world = await openWorld()
  const random = seeded(seed)
  const cases: Case[] = []
  try {
    for (let index = 0; index < connections; index += 1) {
      const customer = await moveIn(world, random, START, planFor(random, index))
      cases.push(...(await liveThrough(world, random, customer, weeks)))
    }
  } finally {
    await world.close()
  }
  return { cases, logins: connections * weeks }
}

/** Every trouble has its turn as first; what follows is drawn by lot. */
function planFor(random: Random, index: number): { way: Way; troubles: Trouble[] } {
  const first = TROUBLES[index % TROUBLES.length]!
  const way = random.pick(first.ways)
  const later = TROUBLES.filter(({ ways, fromTheStart }) => ways.includes(way) && !fromTheStart)
  return { way, troubles: [first, random.pick(later), random.pick(later)] }
}

/** What one week brings: a trouble, whether it spoils this login, and whether support looks after it. */
type Week = { readonly trouble: Trouble | null; readonly isSpoiled: boolean; readonly isLast: boolean }

const FAIR_WEEK: Week = { trouble: null, isSpoiled: false, isLast: false }

/** Trouble after trouble, with fair weeks before each. */
function scriptOf(random: Random, troubles: readonly Trouble[], weeks: number): Week[] {
  const script = troubles.flatMap((trouble, index) => {
    const pattern = trouble.pattern ?? [true]
    const rest = trouble.fromTheStart ? 0 : REST_WEEKS - (index === 0 ? random.whole(0, 3) : 0)
    return [
      ...Array.from({ length: rest }, () => FAIR_WEEK),
      ...pattern.map((isSpoiled, at) => ({ trouble, isSpoiled, isLast: at === pattern.length - 1 })),
    ]
  })
  return Array.from({ length: weeks }, (_, week) => script[week] ?? FAIR_WEEK)
}

async function liveThrough(world: World, random: Random, customer: Customer, weeks: number): Promise<Case[]> {
  const cases: Case[] = []
  const life = beginLife(START)
  const [first] = customer.troubles
  if (first?.fromTheStart) await setTheStage(world, customer, first, START + DAY)
  for (const [index, week] of scriptOf(random, customer.troubles, weeks).entries()) {
    const at = START + 2 * DAY + index * WEEK + random.whole(0, 6 * HOUR)
    const connection = await liveThroughWeek(world, random, customer, week, at)
    life.loggedIn(connection, at)
    const about = { trouble: week.trouble?.name ?? 'none', way: customer.way }
    const truth = week.trouble?.truth ?? 'healthy'
    if (week.trouble && !week.isLast) continue
    const diagnosis = await ask(world, customer, at + DAY)
    const lateDiagnosis = week.trouble && (await askAfterPurge(world, customer, at + 6 * DAY))
    cases.push({ ...about, truth, diagnosis, lateDiagnosis })
    if (week.trouble) life.repaired(diagnosis, at + 2 * DAY)
  }
  return cases
}

/** Bills and offers, a sister login at the same hour, and the login itself. */
async function liveThroughWeek(
  world: World,
  random: Random,
  customer: Customer,
  { trouble, isSpoiled }: Week,
  at: number,
): Promise<Connection> {
  const spoiling = isSpoiled ? trouble?.weather : undefined
  // Where nothing gets through, nothing else does either.
  const isShut = trouble?.fromTheStart || spoiling?.rule === 'off' || spoiling?.rule === 'blocked'
  if (!isShut) {
    await sendNoise(world, random, customer, at + random.whole(1, 5) * DAY)
    if (random.chance(0.1)) await interrupt(world, random, customer, at + 20_000)
  }
  // Whose code it is that comes to the sister could not be told if she signed in too.
  const isSisterFree = spoiling?.destination !== 'sibling'
  if (isSisterFree && random.chance(0.15)) await sisterLogsIn(world, random, customer, at - 15_000)
  return logIn(world, random, customer, { ...FAIR, ...spoiling }, at)
}

/** The sister login of the company has its own code at the same hour. */
const sisterLogsIn = (
  world: World,
  random: Random,
  { siblingId, sibling, inbox, ...sister }: Customer,
  at: number,
) =>
  logIn(
    world,
    random,
    { ...sister, siblingId, sibling, connectionId: siblingId, mailbox: sibling, inbox: `sister-${inbox}` },
    FAIR,
    at,
  )

/** A day later, support looks. */
async function ask(world: World, { connectionId }: Customer, now: number): Promise<Diagnosis> {
  const facts = await world.facts(connectionId, now - HISTORY_MS)
  return diagnose(facts, {
    now,
    utility: world.utilities.get(facts.connection.utility),
    providerOf: (inbox) => providerOf(world.providers, inbox),
  })
}

async function askAfterPurge(world: World, customer: Customer, now: number): Promise<Diagnosis> {
  const before = now - DAY
  await world.store.purge({
    codesBefore: before,
    bodiesBefore: before,
    documentsBefore: 0,
    eventsBefore: 0,
    idempotencyBefore: before,
    limit: 500,
  })
  return ask(world, customer, now)
}
