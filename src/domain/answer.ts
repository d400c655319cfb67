import type { Reading } from './reading.ts'

/** What is answered: a copy of a connection's, or a mail that told somebody what needs them. */
export type Answered = {
  readonly kind: 'copy' | 'notice'
  readonly id: string
  /** To whom it went. */
  readonly address: string
  readonly connectionId: string | null
}

/** Binds what mail systems answer to our mails to those that they answer. */
export type Answers = {
  /** The id of the mail whose return path a recipient is; null: it is none, or not one of ours. Asks nobody. */
  idOf(recipient: string): string | null
  /** The mail itself; null when it is no longer kept. */
  find(id: string): Promise<Answered | null>
  /** Writes down what the answer says. Telling it twice changes nothing. */
  note(answered: Answered, reading: Reading, now: number): Promise<void>
}
