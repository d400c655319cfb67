import type { Taken } from './sink.ts'

/** Where mail for one connection goes, and its copies. */
export type Mailbox = {
  readonly connectionId: string
  readonly address: string
  /** The customer's own address. */
  readonly copyTo: string
}

/** One mail of the portal: the same bytes however often it is sent. */
export type Mail = {
  /** Names it in the envelope's sender, which the relay shows in its list of messages. */
  readonly token: string
  readonly mailbox: Mailbox
  readonly code: string
  readonly messageId: string
  readonly sender: string
  readonly data: string
  /** The best answer it got: 250, a refusal, or none at all. */
  answer: 'accepted' | 'refused' | 'none'
  tries: number
  /** Ids under which the relay listed it. */
  readonly storedAs: Set<string>
  /** It is listed, and a code was read from it. */
  hasCode: boolean
  /** Its code was dead before a copy could be sent: then none is. */
  isDeadOnArrival: boolean
}

/** What was sent, answered, claimed and copied, as seen from outside. */
export type Ledger = {
  readonly mails: ReadonlyMap<string, Mail>
  readonly violations: readonly string[]
  readonly notes: readonly string[]
  readonly claims: { readonly codes: number; readonly handedOutTwice: number; readonly readAgain: number }
  newMail(mailbox: Mailbox, at?: number): Mail
  /** A code that an attempt was given; the same attempt may be given it again. */
  noteClaim(attemptId: string, code: { readonly id: string; readonly code: string }): void
  violate(what: string): void
  note(what: string): void
}

const SENDER_DOMAIN = 'sandbox-power.test'
/** No common factor with the number of six-digit codes: every code comes once before any comes again. */
const STRIDE = 387_421
const SIX_DIGITS = 900_000

export function createLedger(seed: number): Ledger {
  const mails = new Map<string, Mail>()
  const violations: string[] = []
  const notes: string[] = []
  const ownerOf = new Map<string, string>()
  const idOf = new Map<string, string>()
  const claims = { codes: 0, handedOutTwice: 0, readAgain: 0 }
  return {
    mails,
    violations,
    notes,
    claims,
    newMail(mailbox, at = Date.now()) {
      const mail = write(mails.size, seed, mailbox, at)
      mails.set(mail.token, mail)
      return mail
    },
    noteClaim(attemptId, { id, code }) {
      const owner = ownerOf.get(id)
      if (owner === attemptId) claims.readAgain += 1
      else if (owner === undefined && !idOf.has(code)) claims.codes += 1
      else {
        claims.handedOutTwice += 1
        violations.push(`code ${id} was handed to two attempts, or made twice`)
      }
      ownerOf.set(id, attemptId)
      idOf.set(code, id)
    },
    violate: (what) => void violations.push(what),
    note: (what) => void notes.push(what),
  }
}

function write(index: number, seed: number, mailbox: Mailbox, at: number): Mail {
  const token = `m${seed.toString(36)}x${index.toString(36)}`
  const code = String(100_000 + ((seed + index * STRIDE) % SIX_DIGITS))
  const messageId = `<${token}@${SENDER_DOMAIN}>`
  const data = [
    `From: Sandbox Power <no-reply@${SENDER_DOMAIN}>`,
    `To: ${mailbox.copyTo}`,
    `Date: ${new Date(at).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageId}`,
    'Subject: Your sign-in code',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    `Your Sandbox Power verification code is ${code}`,
    '',
    'It is valid for 10 minutes.',
    '',
  ].join('\r\n')
  return {
    token,
    mailbox,
    code,
    messageId,
    sender: `bounce-${token}@${SENDER_DOMAIN}`,
    data,
    answer: 'none',
    tries: 0,
    storedAs: new Set(),
    hasCode: false,
    isDeadOnArrival: false,
  }
}

/** The mail that an envelope's sender names; null: none of ours. */
export const tokenOf = (sender: string): string | null => /^bounce-([^@]+)@/.exec(sender)?.[1] ?? null

/** Copies by the mail that they are copies of; refused ones never arrived. */
export function copiesByReference(taken: readonly Taken[]): Map<string, Taken[]> {
  const found = new Map<string, Taken[]>()
  for (const copy of taken) {
    if (copy.outcome !== 'accepted' && copy.outcome !== 'reply lost') continue
    const others = found.get(copy.reference)
    if (others) others.push(copy)
    else found.set(copy.reference, [copy])
  }
  return found
}
