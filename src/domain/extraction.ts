import type { ReadableMessage } from './message.ts'

/** One run of characters that could be the code, with what spoke for and against it. */
export type Candidate = {
  /** As typed at the portal: without the separators that only group it. */
  readonly code: string
  /** As it stands in the message. */
  readonly shown: string
  /** 0..1, comparable only within one message. */
  readonly score: number
  /** Sentences for support staff. */
  readonly evidence: readonly { readonly for: boolean; readonly why: string }[]
}

/** Kinds of message that are no login code but that the flow knows. */
export type OtherKind = 'sign_in_link' | 'invitation' | 'bounce' | 'auto_reply' | 'notice' | 'loop'

/** What the extractor found in a message. */
export type Extraction =
  | {
      readonly kind: 'code'
      readonly code: string
      /** Which template or rule read it, e.g. `template:pge/email/0` or `general`. */
      readonly rule: string
      /** Calibrated probability, 0..1, that a robot may type this. */
      readonly confidence: number
      /** How long the code lives after it was sent, where the message or the definition says so. */
      readonly validForSeconds?: number
      readonly candidates: readonly Candidate[]
    }
  | {
      readonly kind: 'none'
      readonly reason: 'unmatched' | 'ambiguous'
      readonly candidates: readonly Candidate[]
    }
  | {
      readonly kind: 'forwarding_confirmation'
      /** Id of a file in config/inbox-providers. */
      readonly provider: string
      /** The mailbox that asks to forward to us. */
      readonly requester?: string
      readonly link?: string
      /** The provider's confirmation number; never a login code. */
      readonly code?: string
      readonly candidates: readonly Candidate[]
    }
  | { readonly kind: OtherKind; readonly link?: string; readonly candidates: readonly Candidate[] }
  /** Could not be read: parsing or extraction failed or ran into its deadline. */
  | {
      readonly kind: 'unread'
      readonly reason: 'deadline' | 'crash' | 'unparsable'
      readonly candidates: readonly Candidate[]
    }

export type ExtractionKind = Extraction['kind']

/** A plug-in that reads the messages of one utility. A plain object returned by a function. */
export type Extractor = {
  /** Equals the names in config/utilities and fixtures. */
  readonly utility: string
  /** Whether this message is of the kind it reads. By sender only: the body proves nothing. */
  claims(message: ReadableMessage): boolean
  /** Pure; may throw, the message is then stored as unread and the error logged. */
  extract(message: ReadableMessage): Extraction
}
