import type { DeliveryReport } from './bounce.ts'
import type { Extraction } from './extraction.ts'
import type { LoopTraces } from './loop.ts'
import type { Verdict } from './verdict.ts'

/** What parsing found in a message, without its bodies. */
export type MessageSummary = {
  readonly sender: string | null
  readonly senderName: string | null
  readonly subject: string | null
  /** From the Date header, ms UTC. */
  readonly dateAt: number | null
  readonly messageId: string | null
  /** Same for the same message however often it is sent: Message-ID and body digest, or Twilio's MessageSid. */
  readonly dedupeKey: string
}

/** A message after parsing, judging and extraction, once for each mailbox it came to. */
export type Reading = {
  readonly summary: MessageSummary
  /** In the order of the mailboxes asked about. */
  readonly perMailbox: readonly { readonly verdict: Verdict; readonly extraction: Extraction }[]
  /** Absent: it could not be read, or it is a text message. */
  readonly traces?: LoopTraces
  /** What it reports about copies of ours, where it came to one of their return paths. */
  readonly reports?: readonly DeliveryReport[]
  /** Absent: it could not be read. */
  readonly timings?: ReadTimings
}

/** How long the steps of reading took, ms. */
export type ReadTimings = {
  readonly parseMs: number
  readonly extractMs: number
  /** With what was waited for DNS. */
  readonly judgeMs: number
  /** Questions that were answered meanwhile in this reader, for this message or another. */
  readonly dns?: readonly DnsTiming[]
}

/** One DNS question: `failed` is no answer, or one that says that the server could not. */
export type DnsTiming = {
  readonly type: string
  readonly result: 'found' | 'nothing' | 'failed'
  readonly ms: number
}
