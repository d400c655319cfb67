import { checkAcknowledged, checkAll } from '../check.ts'
import { type Disk, diskToFill, diskToLock } from '../disks.ts'
import { startFlood, startLogins } from '../load.ts'
import { expectOutage, expectRecovery, expectStillWaiting, startWaiter } from '../outage.ts'
import { RelayEnded } from '../relay.ts'
import type { Outcome, Plan, Scenario } from '../scenario.ts'
import { sleep } from '../wait.ts'
import { createWorld, type World } from '../world.ts'

const CONNECTIONS = 6
const COPIES_MS = 90_000
const WARM_UP_MS = 1_000

/** No room left: 451, readiness 503, and all goes on by itself when there is room again. */
export const fullDisk: Scenario = {
  name: 'full-disk',
  about: 'no room for the store; also killed and started while there is none',
  run: (plan) => outageOf(plan, 'full', diskToFill(), { mendsAlive: true }),
}

/** The file system turns read-only under the running process. */
export const readOnlyDisk: Scenario = {
  name: 'read-only-disk',
  about: 'the file system turns read-only; killed and started on it, then mended',
  run(plan) {
    const disk = diskToLock()
    return outageOf(plan, 'read-only', disk, { mendsAlive: !disk.outlivesProcess })
  },
}

async function outageOf(
  plan: Plan,
  word: string,
  disk: Disk,
  { mendsAlive }: { mendsAlive: boolean },
): Promise<Outcome> {
  try {
    const world = await createWorld({
      seed: `${plan.seed}/${word}`,
      connections: CONNECTIONS,
      dataDir: disk.path,
    })
    try {
      world.ledger.note(`disk: ${disk.how}`)
      const [waiting, probed, ...others] = world.mailboxes
      const load = [
        startLogins(world, { mailboxes: others.slice(0, 2), paceMs: 100 }),
        startFlood(world, { portals: 2, mailboxes: others.slice(2), paceMs: 60 }),
      ]
      await sleep(WARM_UP_MS)
      if (mendsAlive) await breakAndMend(world, disk, waiting!, probed!)
      if (disk.outlivesProcess) await breakAndKill(world, disk, waiting!, probed!)
      plan.say('mended; the load ends')
      await Promise.all(load.map((part) => part.stop()))
      const totals = await checkAll(world, { copiesMs: COPIES_MS, markMs: COPIES_MS })
      return { totals, violations: world.ledger.violations, notes: world.ledger.notes }
    } finally {
      await world.close()
    }
  } finally {
    disk.remove()
  }
}

type Box = World['mailboxes'][number]

/** The process lives through it. */
async function breakAndMend(world: World, disk: Disk, waiting: Box, probed: Box): Promise<void> {
  const { relay } = world
  const { pid, generation } = relay
  const waiter = await startWaiter(world, waiting)
  disk.spoil(pid!)
  const openedId = await expectOutage(world, probed)
  await expectStillWaiting(world, waiter)
  disk.mend(pid)
  await expectRecovery(world, waiter, openedId)
  if (relay.generation !== generation) world.ledger.violate('it took a restart to go on')
}

/** The process is killed meanwhile, and started where it cannot write. */
async function breakAndKill(world: World, disk: Disk, waiting: Box, probed: Box): Promise<void> {
  const { relay, ledger } = world
  const waiter = await startWaiter(world, waiting)
  disk.spoil(relay.pid!)
  const openedId = await expectOutage(world, probed)
  await expectStillWaiting(world, waiter)
  await relay.kill()
  const ended = await relay.start().catch((error: unknown) => error)
  if (ended instanceof RelayEnded) {
    const reason = ended.message.split('\n')[0] ?? ''
    ledger.note(`started while it cannot write, it ends with ${ended.exitCode}: ${reason.slice(0, 160)}`)
    if (!ended.exitCode) ledger.violate('it could not start, and ended as if all were well')
  } else if (ended) throw ended
  else ledger.note('started while it cannot write, it runs and waits for better times')
  await relay.kill()
  disk.mend(undefined)
  await relay.start()
  await checkAcknowledged(world)
  await expectRecovery(world, waiter, openedId)
}
