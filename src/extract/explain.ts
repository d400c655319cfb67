import type { Extraction } from '../domain/extraction.ts'

const REASONS = {
  unmatched: 'No code: nothing in the message looks enough like one.',
  ambiguous: 'No code: more than one could be it, and a wrong code is worse than none.',
} as const
const KINDS = {
  sign_in_link: 'No code: the message holds a link to sign in or to confirm with.',
  invitation: 'No code: the message is an invitation.',
  bounce: 'No code: the message says that another could not be delivered.',
  auto_reply: 'No code: the message is an automatic reply.',
  loop: 'No code: the message is one of our own copies, or goes in circles.',
  notice: 'No code: the message is news, a bill or the like.',
} as const

/** An extraction in words that a support person understands, one candidate after the other. */
export function explain(extraction: Extraction): string {
  const lines = [headline(extraction)]
  for (const candidate of extraction.candidates) {
    lines.push('', `${candidate.shown.replace(/\s+/g, ' ')}  (${Math.round(candidate.score * 100)} %)`)
    for (const { for: speaksFor, why } of candidate.evidence) lines.push(`  ${speaksFor ? '+' : '-'} ${why}`)
  }
  return lines.join('\n')
}

function headline(extraction: Extraction): string {
  switch (extraction.kind) {
    case 'code': {
      const life = extraction.validForSeconds ? `, valid for ${extraction.validForSeconds} seconds` : ''
      return `The code is ${extraction.code} (read by ${extraction.rule}, ${Math.round(extraction.confidence * 100)} % sure${life}).`
    }
    case 'none':
      return REASONS[extraction.reason]
    case 'forwarding_confirmation':
      return `No code: ${extraction.provider} asks whether mail${extraction.requester ? ` of ${extraction.requester}` : ''} may be forwarded here.`
    case 'unread':
      return `Not read: ${extraction.reason}.`
    default:
      return KINDS[extraction.kind]
  }
}
