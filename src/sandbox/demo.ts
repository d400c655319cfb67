import { once } from 'node:events'
import { type CommandIo, EXIT } from '../commands/exit.ts'
import * as scenes from './demo/scenes.ts'
import { makeScreen, type Scene, type Screen } from './demo/screen.ts'
import { ACCOUNT, DidNotHappen, type Stage, type StageOptions, setStage } from './demo/stage.ts'
import { showSupport, whatToTry } from './demo/support.ts'

/** What is played, in order. */
const STORY: readonly (readonly [title: string, play: (stage: Stage, scene: Scene) => Promise<void>])[] = [
  ['A connection is set up', scenes.provision],
  ['A code comes by e-mail', scenes.codeByEmail],
  ['A code comes by SMS', scenes.codeBySms],
  ['Somebody unknown sends a code', scenes.unknownSender],
  ['A message has two codes', scenes.twoCodes],
  ['A message comes twice', scenes.duplicate],
]

export type DemoOptions = StageOptions & {
  /** End when the story is told; else stay up for trying things until SIGINT or SIGTERM. */
  readonly exit: boolean
  readonly io: CommandIo
}

/**
 * Plays the main job on this machine: a real relay, a utility that does not exist, and everybody's part in it.
 * Every step is checked against the relay's API and the customer's mailbox before it is told.
 *
 * @returns 0 only if all of it really happened
 */
export async function runDemo({ exit, io, ...options }: DemoOptions): Promise<number> {
  const screen = makeScreen(io.out)
  const startedAt = performance.now()
  screen.heading('MFA relay: how a code gets from a utility portal to the login runner that waits for it')
  let stage: Stage | undefined
  try {
    stage = await setStage(options)
    introduce(screen, stage)
    await play(screen, stage)
    await showSupport(screen, stage)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    screen.verdict(true, `All of it really happened, in ${seconds} s.`)
    if (!exit) await stayUp(screen, stage)
    return EXIT.ok
  } catch (error) {
    screen.verdict(false, `This did not happen: ${error instanceof Error ? error.message : String(error)}`)
    if (!(error instanceof DidNotHappen)) io.err(error instanceof Error ? (error.stack ?? '') : '')
    return EXIT.failed
  } finally {
    await stage?.close()
  }
}

function introduce(screen: Screen, { relay, portal, customer }: Stage): void {
  screen.paragraph(
    'Everything runs on this machine, on ports of its own, with a store that is gone afterwards.',
  )
  screen.facts([
    ['relay', `${relay.url}   mail on port ${relay.smtpPort}`],
    ['portal', `${portal.url}   Sandbox Power, a utility that does not exist`],
    ['customer', `${customer.smtpUrl}   a mailbox, and a phone at Twilio's double`],
  ])
}

/** Tells each scene when it is over, so that its steps stand in the order of time; also how far it came. */
async function play(screen: Screen, stage: Stage): Promise<void> {
  for (const [title, act] of STORY) {
    const scene = screen.scene(title)
    try {
      await act(stage, scene)
    } finally {
      scene.flush()
    }
  }
}

async function stayUp(screen: Screen, stage: Stage): Promise<void> {
  stage.portal.unlock(ACCOUNT.username)
  whatToTry(screen, stage)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
}
