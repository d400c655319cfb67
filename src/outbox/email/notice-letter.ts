import type { ConnectionStatus } from '../../domain/connection.ts'
import type { NoticeContent, NoticeItem } from '../../domain/notice.ts'
import { STATUS_BOOK } from '../../domain/status-book.ts'
import { cleanLine, dateTimeUtc, utilityName } from '../wording.ts'
import type { Letter } from './layout.ts'

/** What is said of one thing: never a code, a password or an answer, nor who the login belongs to. */
type Words = { readonly subject: string; readonly what: string; readonly todo: string | null }
type NameOf = (utility: string) => string | undefined

/** More than that nobody reads in a mail; the rest is counted. */
const MOST_ITEMS = 50

/** A mail that tells somebody what needs them: one thing at length, several as a list. */
export function noticeLetter(content: NoticeContent, nameOf: NameOf, stopUrl: string): Letter {
  const company = cleanLine(content.companyName, 80) || 'your energy data company'
  const [first, ...more] = content.items
  const why = content.isCompany
    ? `You get this because you are the contact of ${company}.`
    : `You get this because ${company} has you as the owner of ${more.length > 0 ? 'these logins' : 'this login'}.`
  if (!first || more.length > 0) return digest(content, nameOf, { why, company, stopUrl })
  const { subject, what, todo } = wordsOf(first, nameOf)
  return {
    subject,
    lead: what,
    facts: [...factsOf(first, content, nameOf), ['Company', company]],
    paragraphs: [...(todo === null ? [] : [todo]), why],
    stopUrl,
  }
}

function digest(
  { items, isCompany }: NoticeContent,
  nameOf: NameOf,
  { why, company, stopUrl }: { why: string; company: string; stopUrl: string },
): Letter {
  const lines = items.map((item) => {
    const { what, todo } = wordsOf(item, nameOf)
    const name = isCompany ? connectionName(item) : null
    const about = nameOfItem(item, nameOf)
    return `${name === null ? about : `${about} (${name})`}: ${join(what, todo)}`
  })
  // An owner is not told names of connections: what reads the same is told once, with how often it is so.
  const counts = new Map<string, number>()
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
  const told = [...counts].map(([line, count]) => (count > 1 ? `${line} (${count} logins)` : line))
  const left = told.length - MOST_ITEMS
  return {
    subject: `${items.length} things need attention at ${company}`,
    lead: 'These need somebody’s attention, so that bills keep coming in:',
    facts: [],
    paragraphs: [...told.slice(0, MOST_ITEMS), ...(left > 0 ? [`And ${left} more.`] : []), why],
    stopUrl,
  }
}

const join = (what: string, todo: string | null): string => (todo === null ? what : `${what} ${todo}`)

function factsOf(
  item: NoticeItem,
  { isCompany }: NoticeContent,
  nameOf: NameOf,
): (readonly [string, string])[] {
  const { connection } = item
  if (!connection) return [['Since', dateTimeUtc(item.happenedAt)]]
  const name = isCompany ? connectionName(item) : null
  return [
    ['Utility', nameOfItem(item, nameOf)],
    ...(name === null ? [] : ([['Connection', name]] as const)),
    ...(item.kind === 'connection_broken'
      ? ([['Status', STATUS_BOOK[connection.status].displayName]] as const)
      : []),
    ['Since', dateTimeUtc(item.happenedAt)],
  ]
}

const connectionName = ({ connection }: NoticeItem): string | null =>
  connection && (cleanLine(connection.externalId ?? '', 80) || connection.id)

const nameOfItem = ({ connection, endpoint }: NoticeItem, nameOf: NameOf): string =>
  connection ? utilityName(connection.utility, connection.url, nameOf) : cleanLine(endpoint ?? 'Endpoint', 80)

function wordsOf(item: NoticeItem, nameOf: NameOf): Words {
  const name = nameOfItem(item, nameOf)
  switch (item.kind) {
    case 'connection_broken':
      return { subject: `Your ${name} login needs attention`, ...brokenWords(item, name) }
    case 'copies_failing':
      return {
        subject: `Copies of your ${name} codes do not arrive`,
        what: `Copies of ${name} sign-in codes could not be delivered lately. The logins themselves are not affected.`,
        todo: 'Please check the address or number that copies go to.',
      }
    case 'forwarding_unproven':
      return {
        subject: `Nothing is forwarded from ${name} yet`,
        what: `An inbox was set up to forward ${name} sign-in codes to us, and nothing has come through it yet.`,
        todo: 'Please check that the forwarding was confirmed at the mail provider and that its rule is on.',
      }
    case 'webhook_disabled':
      return {
        subject: `Events to ${name} are switched off`,
        what: `Our events to ${name} only failed for days, or it said that it is gone, so we stopped sending them.`,
        todo: 'Please mend it, enable the endpoint again, and have what it missed sent by a replay.',
      }
  }
}

/** What the diagnosis found to say to the customer, else what the status itself says. */
function brokenWords({ connection }: NoticeItem, utility: string): Omit<Words, 'subject'> {
  const said = cleanLine(connection?.statusSuggestion ?? '', 500)
  if (said) return { what: said, todo: null }
  const { what, todo } = BROKEN[connection?.status ?? 'OTHER_ERROR'] ?? BROKEN.OTHER_ERROR
  return { what: what(utility), todo }
}

type Broken = { readonly what: (utility: string) => string; readonly todo: string }
const BROKEN: Partial<Record<ConnectionStatus, Broken>> & { OTHER_ERROR: Broken } = {
  MFA_TOKEN_EXPIRED: {
    what: (utility) => `We could not get past the second step of signing in to ${utility}.`,
    todo: 'Please check that sign-in codes still reach us, then reconnect.',
  },
  PASSWORD_INCORRECT: {
    what: (utility) => `${utility} did not take the user name and password that we have.`,
    todo: 'Please check them on its site, then reconnect with the right ones.',
  },
  NEW_PASSWORD_NEEDED: {
    what: (utility) => `${utility} wants a new password before it lets anybody in.`,
    todo: 'Please set one on its site, then reconnect with it.',
  },
  ADDITIONAL_CREDENTIALS_NEEDED: {
    what: (utility) => `${utility} asks for something that we do not have.`,
    todo: 'Please reconnect with what it asks for.',
  },
  NO_ACCOUNTS_FOUND: {
    what: (utility) => `The ${utility} login works, but there is no utility account behind it.`,
    todo: 'Please check on its site that the account is linked to this login.',
  },
  URL_INACCESSIBLE: {
    what: (utility) => `The site of ${utility} cannot be reached at the address that we have.`,
    todo: 'Please check the address.',
  },
  OTHER_ERROR: {
    what: (utility) => `Something at ${utility} did not let us finish.`,
    todo: 'We are looking into it; you need not do anything yet.',
  },
}
