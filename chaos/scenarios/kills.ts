import { checkAcknowledged, checkAll } from '../check.ts'
import { startFlood, startLogins } from '../load.ts'
import type { Plan, Scenario } from '../scenario.ts'
import { sleep } from '../wait.ts'
import { createWorld, type World } from '../world.ts'

/** How long a process lives under load before it is killed, ms. */
const LIFE_MS = { low: 20, high: 1_200 }
/** This share is killed while it still starts, or reads what its forerunner left. */
const DIES_YOUNG = 0.25
const YOUNG_MS = 1_200
const COPIES_MS = 60_000

/** kill -9 at random instants, under load, again and again on the same data. */
export const kills: Scenario = {
  name: 'kills',
  about: 'kill -9 at random points under load',
  async run(plan) {
    const [logins, floods] = plan.isQuick ? [4, 4] : [10, 10]
    const world = await createWorld({ seed: `${plan.seed}/kills`, connections: logins + 3 })
    try {
      // The customer's server takes its time, so that kills find copies in flight.
      const slow = world.random.fork('sink')
      world.sink.options.behave = () => ({ kind: 'hold', ms: slow.between(0, 30) })
      const running = world.mailboxes.slice(0, logins)
      const load = [
        startLogins(world, { mailboxes: running, paceMs: 40 }),
        startFlood(world, { portals: floods, mailboxes: world.mailboxes.slice(logins), paceMs: 30 }),
      ]
      await killAgainAndAgain(world, plan)
      await Promise.all(load.map((part) => part.stop()))
      const totals = await checkAll(world, { copiesMs: COPIES_MS })
      return { totals, violations: world.ledger.violations, notes: world.ledger.notes }
    } finally {
      await world.close()
    }
  },
}

async function killAgainAndAgain(world: World, plan: Plan): Promise<void> {
  const { random, relay, ledger } = world
  const deadline = performance.now() + plan.seconds * 1000
  while (relay.killedAt.length < plan.kills && performance.now() < deadline) {
    await sleep(random.between(LIFE_MS.low, LIFE_MS.high))
    await relay.kill()
    if (random.chance(DIES_YOUNG)) {
      relay.launch()
      await sleep(random.between(0, YOUNG_MS))
      await relay.kill()
    }
    await relay.start()
    await checkAcknowledged(world)
    if (relay.killedAt.length % 10 === 0)
      plan.say(`${relay.killedAt.length} kills, ${ledger.mails.size} mails`)
  }
}
