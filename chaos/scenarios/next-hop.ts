import { checkAll } from '../check.ts'
import type { Mailbox } from '../ledger.ts'
import { startFlood, startLogins } from '../load.ts'
import type { Scenario } from '../scenario.ts'
import type { Behaviour } from '../sink.ts'
import { sleep, until } from '../wait.ts'
import { createWorld, type World } from '../world.ts'

/** What the customer's mail server does to a copy the first time it is offered, by recipient. */
const MOODS: readonly (readonly [name: string, Behaviour])[] = [
  ['accepts', { kind: 'accept' }],
  ['answers 451', { kind: 'refuse', code: 451 }],
  ['answers 550', { kind: 'refuse', code: 550 }],
  ['drops after the dot', { kind: 'drop' }],
  ['hangs', { kind: 'hang' }],
]
const FOR_GOOD = 2
/** One mail for each mood that ties up the lane of copies: more would only make the run longer. */
const MAILS_EACH = 3
const LOAD_MS = { full: 8_000, quick: 3_000 }
/** Silence for 30 s, a retry after 5 s, and some more. */
const COPIES_MS = 120_000

/** The next hop of copies misbehaves in every way; codes must not notice. */
export const nextHop: Scenario = {
  name: 'next-hop',
  about: 'the customer’s mail server answers 4xx, 5xx, drops after the dot, hangs',
  async run(plan) {
    // Hanging costs half a minute of silence, which is too long for a quick look.
    const moods = plan.isQuick ? MOODS.slice(0, -1) : MOODS
    const world = await createWorld({ seed: `${plan.seed}/hop`, connections: moods.length + 2 })
    try {
      misbehave(world, moods)
      const spoilt = world.mailboxes.slice(0, moods.length)
      const logins = startLogins(world, { mailboxes: world.mailboxes.slice(moods.length), paceMs: 60 })
      const startedAt = performance.now()
      const flood = spoilt.map((mailbox) =>
        startFlood(world, { portals: 1, mailboxes: [mailbox], paceMs: 20 }),
      )
      await until(() => spoilt.every((box) => sentTo(world, box) >= MAILS_EACH), LOAD_MS.full)
      await Promise.all(flood.map((load) => load.stop()))
      await sleep(
        Math.max(0, (plan.isQuick ? LOAD_MS.quick : LOAD_MS.full) - (performance.now() - startedAt)),
      )
      await logins.stop()
      if (world.ledger.claims.codes === 0) world.ledger.violate('no login got its code while copies failed')
      await expectArrival(world)
      const totals = await checkAll(world, { copiesMs: COPIES_MS })
      await expectFailures(world, spoilt[FOR_GOOD]!)
      noteTries(world, spoilt, moods)
      return { totals, violations: world.ledger.violations, notes: world.ledger.notes }
    } finally {
      await world.close()
    }
  },
}

const sentTo = ({ ledger }: World, box: Mailbox): number =>
  [...ledger.mails.values()].filter(({ mailbox, answer }) => mailbox === box && answer === 'accepted').length

/** Each copy meets the mood once; 550 is the last word anyway. */
function misbehave({ sink, mailboxes }: World, moods: typeof MOODS): void {
  const met = new Set<string>()
  sink.options.behave = (to, reference) => {
    const mood = moods[mailboxes.findIndex(({ copyTo }) => copyTo === to)]?.[1]
    if (!mood || met.has(reference)) return { kind: 'accept' }
    met.add(reference)
    return mood
  }
}

/** A copy whose reply was lost is sent again until it is answered: for the relay it has not arrived. */
async function expectArrival({ sink, ledger }: World): Promise<void> {
  const unanswered = () => {
    const settled = sink.taken.filter(
      ({ outcome }) => outcome === 'accepted' || outcome === 'refused for good',
    )
    const ended = new Set(settled.map(({ reference }) => reference))
    return sink.taken.filter(({ reference }) => !ended.has(reference))
  }
  await until(() => unanswered().length === 0, COPIES_MS)
  for (const { reference } of unanswered())
    ledger.violate(`the copy of ${reference} was given up without an answer`)
}

/** What was refused for good was not tried again, and is to be seen on the connection. */
async function expectFailures(world: World, box: Mailbox): Promise<void> {
  const { sink, ledger, api } = world
  const refused = sink.taken.filter(({ to }) => to === box.copyTo)
  if (new Set(refused.map(({ reference }) => reference)).size !== refused.length)
    ledger.violate(`a copy that was refused for good was sent again: ${JSON.stringify(refused)}`)
  const { body } = await api('GET', `/v2/connection/${box.connectionId}/mfa`)
  if (!/failed|bounc|stopped/i.test(JSON.stringify(body)))
    ledger.violate('copies that failed for good are not to be seen on the connection')
}

function noteTries({ sink, ledger }: World, boxes: readonly Mailbox[], moods: typeof MOODS): void {
  for (const [index, box] of boxes.entries()) {
    const offered = sink.taken.filter(({ to }) => to === box.copyTo)
    const copies = new Set(offered.map(({ reference }) => reference)).size
    ledger.note(`a hop that ${moods[index]![0]}: ${copies} copies, offered ${offered.length} times`)
  }
}
