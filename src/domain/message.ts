/** How a message came in: by e-mail or by SMS. */
export type Channel = 'email' | 'sms'

/** How what is stored as a message came: also typed in by a person, as the last resort. */
export type MessageChannel = Channel | 'manual'

/** Envelope facts of an e-mail (RFC 5321 §2.3.1); they are not its headers. */
export type Envelope = {
  /** MAIL FROM, empty for the null reverse-path. */
  readonly sender: string
  /** RCPT TO addresses as given, one per accepted recipient. */
  readonly recipients: readonly string[]
}

/** Who handed the message over. */
export type Client = {
  /** The peer's IP address; with PROXY protocol, the address that header carries. Absent: not known (HTTP door). */
  readonly address?: string
  readonly helo?: string
  readonly tls: boolean
}

/** An e-mail as it came through a door, before anything was read in it. */
export type InboundEmail = {
  readonly channel: 'email'
  readonly id: string
  readonly door: 'smtp' | 'lmtp' | 'http'
  /** When the last byte arrived, ms since the epoch, UTC. */
  readonly receivedAt: number
  readonly envelope: Envelope
  readonly client: Client
  readonly raw: Uint8Array
}

/** An SMS as Twilio handed it over, its signature already checked at the door. */
export type InboundSms = {
  readonly channel: 'sms'
  readonly id: string
  readonly door: 'twilio-webhook' | 'twilio-fetch' | 'test'
  readonly receivedAt: number
  /** Twilio's MessageSid. */
  readonly sid: string
  /** Opaque: an E.164 number, a 5-6 digit short code or an alphanumeric sender. */
  readonly sender: string
  /** The number of ours that it came to, E.164. */
  readonly recipient: string
  readonly body: string
}

export type InboundMessage = InboundEmail | InboundSms

/** One header field, unfolded, its value decoded (RFC 2047). `key` is lower case. */
export type Header = { readonly key: string; readonly value: string }

export type Attachment = {
  readonly filename: string | null
  readonly mimeType: string
  readonly size: number
  /** The content of attached messages (message/rfc822) and delivery reports only; others are not carried along. */
  readonly content: string | null
}

/** A message after parsing: what extraction and trust look at. */
export type ReadableMessage = {
  readonly channel: Channel
  /** E-mail: address of the single From header, lower case; SMS: the sender as Twilio names it. */
  readonly sender: string | null
  readonly senderName: string | null
  readonly subject: string | null
  /** From the Date header, ms since the epoch; null when absent or unreadable, and for SMS. */
  readonly dateAt: number | null
  /** The Message-ID header with its angle brackets; for SMS the MessageSid. */
  readonly messageId: string | null
  /** All header fields in order, top first; empty for SMS. */
  readonly headers: readonly Header[]
  readonly text: string | null
  readonly html: string | null
  readonly attachments: readonly Attachment[]
}
