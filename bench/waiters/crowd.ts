import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Answered, FromLoad, LoadOrder } from './load.ts'

/** The runners' process, as the bench sees it. */
export type Crowd = {
  /** Opens a long poll for each; resolves once all were sent. Throws when the relay turned some away. */
  open(port: number, key: string, attemptIds: readonly string[], waitSeconds: number): Promise<void>
  /** What the poll of this attempt was answered with. */
  answerOf(attemptId: string): Promise<Answered>
  /** All answers so far. */
  readonly answers: ReadonlyMap<string, Answered>
  /** From now on empty answers are noted, too. */
  last(): void
  close(): void
}

/** Starts the process that plays the runners. */
export function startCrowd(): Crowd {
  const child = fork(fileURLToPath(new URL('./load.ts', import.meta.url)))
  const answers = new Map<string, Answered>()
  const waiting = new Map<string, (answer: Answered) => void>()
  child.on('message', (message: FromLoad) => {
    if (message.kind !== 'answered') return
    for (const answer of message.answers) {
      answers.set(answer.attemptId, answer)
      waiting.get(answer.attemptId)?.(answer)
    }
  })
  const order = (message: LoadOrder): void => void child.send(message)
  return {
    answers,
    async open(port, key, attemptIds, waitSeconds) {
      const opened = next<FromLoad & { kind: 'opened' }>(child, 'opened')
      order({ kind: 'open', port, key, attemptIds, waitSeconds })
      const { refused } = await opened
      if (refused > 0) throw new Error(`${refused} of ${attemptIds.length} polls could not be opened`)
    },
    answerOf: (attemptId) =>
      new Promise((resolve) => {
        const known = answers.get(attemptId)
        if (known) resolve(known)
        else waiting.set(attemptId, resolve)
      }),
    last: () => order({ kind: 'last' }),
    close: () => void child.disconnect(),
  }
}

/** The next message of this kind from a process. Rejects when it ends instead. */
export function next<T extends { kind: string }>(child: ChildProcess, kind: T['kind']): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      if ((message as T).kind !== kind) return
      child.off('message', onMessage)
      child.off('exit', onExit)
      resolve(message as T)
    }
    const onExit = (code: number | null) => reject(new Error(`the process ended with ${code}`))
    child.on('message', onMessage)
    child.once('exit', onExit)
  })
}
