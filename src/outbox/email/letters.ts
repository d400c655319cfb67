import type { DeliveryContent } from '../../store/store.ts'
import { cleanLine, cleanText, dateTimeUtc, duration, timeUtc } from '../wording.ts'
import type { Letter } from './layout.ts'

/** What a letter is written from; names are clean already. */
export type LetterFacts = {
  readonly content: DeliveryContent
  readonly utility: string
  readonly company: string
  readonly stopUrl: string
}

/**
 * A copy of a code. The subject says what it is and for whom, never the code: subjects are shown on locked
 * phones, and mail systems on the way write them to their logs.
 */
export function codeLetter({ content, utility, company, stopUrl }: LetterFacts, code: string): Letter {
  const { message, code: kept } = content
  const facts: (readonly [string, string])[] = [['Utility', utility]]
  if (message) facts.push(['Received', dateTimeUtc(message.receivedAt)])
  if (kept) {
    facts.push(['Valid until', `${timeUtc(kept.expiresAt)} (${duration(kept.expiresAt - kept.sentAt)})`])
  }
  if (message?.sender) facts.push(['Sent by', cleanLine(message.sender, 120)])
  return {
    subject: `Your ${utility} code`,
    lead: `${utility} sent a sign-in code to the contact that ${company} keeps for you there.`,
    code,
    facts,
    paragraphs: [
      `You do not have to do anything: if ${company} asked for the code to collect your bills, it has it already. If you are signing in yourself, type it there.`,
      'Nobody will ever call or write to ask you for this code.',
      `You get this because you are listed to receive copies of your ${utility} sign-in codes.`,
    ],
    stopUrl,
  }
}

/** A copy of something else that the utility sent. What it says is attached, or quoted when it was an SMS. */
export function noticeLetter(facts: LetterFacts, quote: string | undefined, isAttached: boolean): Letter {
  const { content, utility, company, stopUrl } = facts
  const subject = cleanLine(content.message?.subject ?? '', 150)
  const rows: (readonly [string, string])[] = [['Utility', utility]]
  if (subject) rows.push(['Subject', subject])
  if (content.message) rows.push(['Received', dateTimeUtc(content.message.receivedAt)])
  if (content.message?.sender) rows.push(['Sent by', cleanLine(content.message.sender, 120)])
  const where = isAttached ? 'The message is attached as it came.' : quote ? 'This is what it says:' : ''
  return {
    subject: `A message from ${utility}`,
    lead: `${utility} wrote to the contact that ${company} keeps for you there. ${where}`.trim(),
    ...(quote ? { quote: cleanText(quote, 2000) } : {}),
    facts: rows,
    paragraphs: [
      `You get this because you are listed to receive copies of what ${utility} sends there. It may ask something of you, such as accepting an invitation.`,
    ],
    stopUrl,
  }
}

/** The question to a new recipient. It tells nothing that somebody who was named by mistake should not know. */
export function confirmationLetter(facts: LetterFacts, confirmUrl: string, days: number): Letter {
  const { utility, company, stopUrl } = facts
  return {
    subject: `Confirm copies of your ${utility} codes`,
    lead: `${company} would like to send copies of your ${utility} sign-in codes to this address.`,
    button: { label: 'Yes, send me copies', url: confirmUrl },
    facts: [
      ['Asked by', company],
      ['Utility', utility],
    ],
    paragraphs: [
      `Nothing is sent before you confirm. The link works for ${days} days.`,
      'If you do not know what this is about, ignore it and you will hear no more from us.',
    ],
    stopUrl,
  }
}

/** Test mail to an inbox that is to forward to us. Whoever reads it need do nothing. */
export function proofLetter({ utility, company, stopUrl }: LetterFacts, mark: string): Letter {
  return {
    subject: `Forwarding test ${mark}`,
    lead: `This is a test of the rule that forwards your ${utility} sign-in codes to ${company}.`,
    facts: [
      ['Asked by', company],
      ['Utility', utility],
    ],
    paragraphs: [
      'You do not have to do anything. If your rule covers this sender, the message comes back to us by itself.',
      'If you do not know what this is about, ignore it.',
    ],
    stopUrl,
  }
}
