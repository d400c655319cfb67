import type { DeliveryReport } from '../domain/bounce.ts'
import { cleanLine } from '../domain/clean-text.ts'
import type { ReadableMessage } from '../domain/message.ts'

/* Bounces of mail systems that write sentences instead of fields: older Exim, qmail and its children. */

/** The reason stands at the top; what was returned follows. */
const READ_LIMIT = 8_000
const LINE_LIMIT = 400
const TEXT_LIMIT = 200

const DAEMON = /^(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon|bounces?)@/
const BOUNCE_WORDS =
  /\b(?:could not be delivered|couldn't be delivered|was not delivered|wasn't able to deliver|unable to deliver|undeliverable|undelivered|delivery (?:has )?failed|failed permanently|permanent (?:fatal )?error|returned to sender)\b/
const DELAY_WORDS =
  /\b(?:will (?:be retried|keep trying|continue to try)|still (?:being )?(?:trying|retried)|has been delayed|has not yet been delivered|no action is required|warning message only)\b/
/** What follows is the copy itself, whose words are not the mail system's. */
const RETURNED =
  /^(?:-{2,} ?(?:this is a copy|below this line|original message|the header of|start of)|-{5,}|the original message)/i
const NO_SUCH_USER =
  /\b(?:no such (?:user|mailbox|recipient|person|address|local user)|(?:user|mailbox|recipient|address|account)[^.\n]{0,40} (?:unknown|not found|does(?: not|n't) exist|is disabled|unavailable)|unknown (?:user|recipient|mailbox|local part)|unrouteable address)\b/
const STATUS = /(?:^|[\s#(:])([245]\.\d{1,3}\.\d{1,3})(?=$|[\s):;,.])/
const REPLY = /(?:^|[\s:])([45])\d\d[ -]/

/** The report that a plain bounce is, or null when it cannot be told to be one. */
export function readPlainBounce(message: ReadableMessage): DeliveryReport | null {
  const words = top(message.text ?? '')
  const folded = words.toLowerCase()
  const failed = message.headers.find(({ key }) => key === 'x-failed-recipients')?.value
  const isFromDaemon = DAEMON.test(message.sender ?? '') || failed !== undefined
  const isDelay = DELAY_WORDS.test(folded)
  if (!isFromDaemon || !(isDelay || BOUNCE_WORDS.test(folded))) return null
  const [status, reason] = findReason(words)
  return {
    action: isDelay ? 'delayed' : 'failed',
    status: status ?? (NO_SUCH_USER.test(folded) ? '5.1.1' : null),
    recipients: addressesIn(failed ?? words),
    text: cleanLine(reason ?? message.subject ?? 'returned by the mail system', TEXT_LIMIT),
    isStructured: false,
  }
}

function top(text: string): string {
  const lines = text.slice(0, READ_LIMIT).split(/\r?\n/)
  // The greeting of some is a row of dashes, so the first lines are never the returned message.
  const end = lines.findIndex((line, index) => index > 2 && RETURNED.test(line.trim()))
  return (end === -1 ? lines : lines.slice(0, end)).map((line) => line.slice(0, LINE_LIMIT)).join('\n')
}

/** The line that names a status or a reply of the other side. */
function findReason(words: string): [status: string | null, line: string | null] {
  const lines = words.split('\n')
  const exact = lines.find((line) => STATUS.test(line))
  if (exact) return [STATUS.exec(exact)![1]!, exact]
  const replied = lines.find((line) => REPLY.test(line))
  return [null, replied ?? lines.find((line) => NO_SUCH_USER.test(line.toLowerCase())) ?? null]
}

const addressesIn = (text: string): string[] =>
  [...text.matchAll(/[^\s<>;:,"()]{1,64}@[^\s<>;:,"()]{1,255}/g)]
    .slice(0, 4)
    .map(([address]) => address.toLowerCase().replace(/[.]+$/, ''))
