import type { Attempt } from '../../domain/attempt.ts'
import type { ConnectionFacts, MessageFact } from '../facts.ts'
import { arrivalsOf, senderName } from './arrivals.ts'
import type { Evidence, Finding, Setting } from './diagnosis.ts'
import type { History } from './logins.ts'

/** A broken login and everything that is known around it: what each check looks at. */
export type Scene = {
  readonly attempt: Attempt
  readonly history: History
  /** What may have been its code, oldest first. */
  readonly arrivals: readonly MessageFact[]
  readonly facts: ConnectionFacts
  readonly setting: Setting
  /** For sentences. */
  readonly utilityName: string
  /** How long the portal's codes live. */
  readonly validMs: number
}

/** Looks for one cause. Null: it is not this one. */
export type Check = (scene: Scene) => Finding | null

/** Ten minutes are assumed where nothing is known, as for the codes themselves. */
const DEFAULT_VALID_MS = 600_000

/** Sets the scene for a login. */
export function sceneOf(attempt: Attempt, history: History, facts: ConnectionFacts, setting: Setting): Scene {
  const { utility } = setting
  return {
    attempt,
    history,
    arrivals: arrivalsOf(attempt, facts.messages),
    facts,
    setting,
    utilityName: utility?.name ?? 'the utility',
    validMs: utility ? utility.validForSeconds * 1000 : DEFAULT_VALID_MS,
  }
}

/** A message as evidence. */
export const messageEvidence = (message: MessageFact, text: string): Evidence => ({
  text,
  at: message.receivedAt,
  messageId: message.id,
  mailbox: message.mailbox,
})

/** What each check of a message's verdict said, in the words of trust. */
export const reasonEvidence = (message: MessageFact): Evidence[] =>
  message.reasons.map(({ text }) => messageEvidence(message, text))

/** "A message from example.com came at this mailbox". */
export const cameFrom = (message: MessageFact): Evidence =>
  messageEvidence(message, `A message from ${senderName(message)} came while a code was awaited.`)

/** How often in the failing row a check holds: more than once is no accident. */
export const repeats = (scene: Scene, holds: (message: MessageFact) => boolean): number =>
  scene.history.failing.filter(({ attempt }) => arrivalsOf(attempt, scene.facts.messages).some(holds)).length
