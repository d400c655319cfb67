import { checkAll } from '../check.ts'
import { diskToFreeze } from '../disks.ts'
import { startFlood, startLogins } from '../load.ts'
import type { Scenario } from '../scenario.ts'
import { sleep } from '../wait.ts'
import { createWorld, type World } from '../world.ts'

const CONNECTIONS = 6
const ROUNDS = { full: 12, quick: 2 }
const FROZEN_MS = { low: 200, high: 1_500 }
const THAWED_MS = 400
const COPIES_MS = 90_000

/** Every write waits, up to seconds: nobody is turned away, and nothing is done twice for having been slow. */
export const slowDisk: Scenario = {
  name: 'slow-disk',
  about: 'the disk stands still for up to 1.5 s, again and again',
  missing() {
    const disk = diskToFreeze()
    disk?.remove()
    return disk ? null : 'needs root, a loop device, mkfs.ext4 and fsfreeze'
  },
  async run(plan) {
    const disk = diskToFreeze()
    if (!disk) throw new Error('the disk cannot be frozen any more')
    try {
      const world = await createWorld({
        seed: `${plan.seed}/slow`,
        connections: CONNECTIONS,
        dataDir: disk.path,
      })
      try {
        world.ledger.note(`disk: ${disk.how}`)
        const load = [
          startLogins(world, { mailboxes: world.mailboxes.slice(0, 3), paceMs: 80 }),
          startFlood(world, { portals: 3, mailboxes: world.mailboxes.slice(3), paceMs: 50 }),
        ]
        for (let round = 0; round < (plan.isQuick ? ROUNDS.quick : ROUNDS.full); round += 1) {
          await sleep(THAWED_MS)
          disk.freeze()
          await sleep(world.random.between(FROZEN_MS.low, FROZEN_MS.high)).finally(disk.thaw)
        }
        await Promise.all(load.map((part) => part.stop()))
        expectNoRefusals(world)
        const totals = await checkAll(world, { copiesMs: COPIES_MS })
        return { totals, violations: world.ledger.violations, notes: world.ledger.notes }
      } finally {
        disk.thaw()
        await world.close()
      }
    } finally {
      disk.remove()
    }
  },
}

function expectNoRefusals({ ledger }: World): void {
  const refused = [...ledger.mails.values()].filter(({ answer }) => answer === 'refused').length
  if (refused > 0) ledger.violate(`${refused} senders were turned away because the disk was slow`)
}
