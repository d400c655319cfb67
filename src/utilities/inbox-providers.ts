import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { readDirectory } from './checked-file.ts'
import { domain } from './definition.ts'
import type { Problem } from './problem.ts'

/** The providers that ship with the relay. */
export const BUILT_IN_INBOX_PROVIDERS = fileURLToPath(
  new URL('../../config/inbox-providers', import.meta.url),
)

const sentence = z.string().min(1).max(600)
const known = z.enum(['yes', 'no', 'conflicting', 'unknown'])
const linkPrefix = z.string().regex(/^https:\/\/[a-z0-9.-]+\/\S+$/, 'an https link with a path to begin with')

/**
 * How a forwarder rewrites MAIL FROM. `kept`: as the utility sent it; `caf`: `user+caf_=ours=domain@host`;
 * `srs_mailbox`: `user+SRS=hash=time=domain=user@host`; `srs_bounces`: `bounces+SRS=hash=time@host`;
 * `srs0`: `SRS0=hash=time=domain=user@host`; `mailbox`: the customer's own address.
 */
export const ENVELOPE_FORMS = [
  'kept',
  'caf',
  'srs_mailbox',
  'srs_bounces',
  'srs0',
  'mailbox',
  'unknown',
] as const

const confirmation = z.strictObject({
  /** Whether the provider asks the address that it is to forward to, before it forwards. */
  required: known,
  /** Addresses that such a mail comes from. Empty: not known, or none is sent. */
  senders: z.array(z.email()).default([]),
  /** Domains whose aligned DKIM or SPF it must pass. */
  signedBy: z.array(domain).default([]),
  /** Header fields that mark it, lower case. */
  headers: z.array(z.string().regex(/^[a-z0-9-]+$/)).default([]),
  /** Beginnings of the link that confirms. Only these may be shown. */
  allowedLinks: z.array(linkPrefix).default([]),
  /** Beginnings of links that must never be shown or followed, such as the one that cancels. */
  forbiddenLinks: z.array(linkPrefix).default([]),
  /** Hosts that a confirming request may be redirected to. */
  redirectHosts: z.array(domain).default([]),
  /** Whether the mail may carry a number that the customer types instead; never a login code. */
  number: known.default('unknown'),
  /** `post`: an empty POST to the link confirms, a GET only shows a button; `owner`: only the customer can. */
  completion: z.enum(['post', 'owner', 'none', 'unknown']).default('unknown'),
  about: sentence,
})

const arrival = z.strictObject({
  envelope: z.array(z.enum(ENVELOPE_FORMS)).min(1),
  /** Whether the utility's From header stays. */
  keepsFrom: known,
  /** Whether the utility's DKIM signature still verifies. */
  keepsSignature: known,
  /** Header fields that the forwarder adds, lower case. Free text that anyone can write: hints, never proof. */
  headers: z.array(z.strictObject({ name: z.string().regex(/^[a-z0-9-]+$/), about: sentence })).default([]),
  about: sentence,
})

/** One file of config/inbox-providers; the file name is the id. */
export const inboxProviderSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1),
  /** Domains of the mailboxes themselves; empty where customers bring their own domain. */
  domains: z.array(domain).default([]),
  /** Domains below which the MX hosts of customers' own domains lie. */
  mailHosts: z.array(domain).default([]),
  forwarding: z.strictObject({
    /** Whether the mailbox owner can set it up: `plan`: on some plans; `admin`: only if an administrator allows. */
    available: z.enum(['yes', 'plan', 'admin', 'unknown']),
    /** What the customer does, in order. `{address}` is our address, `{senders}` the utility's domains. */
    steps: z.array(sentence).min(1),
    caveats: z.array(sentence).default([]),
    /** The provider stops forwarding by itself after refusals. Absent: not known that it does. */
    stopsAfter: z
      .strictObject({
        permanentFailures: z.number().int().positive().optional(),
        temporaryFailures: z.number().int().positive().optional(),
      })
      .optional(),
  }),
  confirmation,
  arrival,
  /** Domains whose ARC seals (RFC 8617) may speak for what the provider saw. */
  sealers: z.array(domain).default([]),
  /** What to tell the customer when nothing has come back. */
  silence: z.strictObject({ afterMinutes: z.number().int().positive().default(10), advice: sentence }),
  notes: z.array(sentence).default([]),
})

/** A provider with its id, defaults filled in. Plain data. */
export type InboxProvider = z.infer<typeof inboxProviderSchema> & { readonly id: string }
export type InboxProviders = ReadonlyMap<string, InboxProvider>

/** The provider that stands for all that have no file. */
export const OTHER_PROVIDER = 'other'

/**
 * Reads `config/inbox-providers`. `other` must be there, as it answers for everybody else; two files must not
 * name the same mailbox domain.
 */
export function loadInboxProviders(dir: string = BUILT_IN_INBOX_PROVIDERS): {
  readonly providers: InboxProviders
  readonly problems: readonly Problem[]
} {
  const read = readDirectory(dir, inboxProviderSchema)
  const problems: Problem[] = [...read.problems]
  const owners = new Map<string, string>()
  for (const [id, entry] of read.entries) {
    entry.value.domains.forEach((name, index) => {
      const owner = owners.get(name)
      if (owner) problems.push(entry.problem(['domains', index], `belongs to "${owner}"`))
      owners.set(name, id)
    })
  }
  if (!read.entries.has(OTHER_PROVIDER))
    problems.push({ file: dir, reason: `has no ${OTHER_PROVIDER}.json, which answers for everybody else` })
  const providers = new Map([...read.entries].map(([id, { value }]) => [id, { ...value, id }]))
  return { providers, problems }
}

/**
 * The provider of a customer's mailbox, told by its domain; `other` for a domain of the customer's own, whose
 * mail hosts would have to be asked (`mailHosts`).
 *
 * @param address an e-mail address
 */
export function providerOf(providers: InboxProviders, address: string): InboxProvider | undefined {
  const domainPart = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
  for (const provider of providers.values()) if (provider.domains.includes(domainPart)) return provider
  return providers.get(OTHER_PROVIDER)
}
