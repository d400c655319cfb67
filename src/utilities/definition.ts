import { z } from 'zod'

/** Rungs of the recommendation ladder, in the words of the API. */
export const LADDER_RUNGS = [
  'upload_documents',
  'disable_mfa',
  'security_questions',
  'managed_forwarding',
  'inbox_forwarding',
  'sms',
  'authenticator',
  'automatic',
] as const
export type LadderRung = (typeof LADDER_RUNGS)[number]

/** `yes`, `no`, what the sources disagree about, and what nobody published. Never invented. */
const known = z.enum(['yes', 'no', 'optional', 'conflicting', 'unknown'])

const domain = z
  .string()
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'a lower-case domain name, e.g. "example.com"')
const sender = z
  .string()
  .regex(/^[^\s@]*@[a-z0-9.-]+$/, 'an address, or "@domain" for any address at a domain and below it')
const template = z.string().min(3).max(200)

/** What a sender's messages look like: who sends them and how the code is worded. */
const mail = z.strictObject({
  /** `@domain` (the domain and its subdomains) or a full address. */
  from: z.array(sender).default([]),
  /** Domains whose aligned SPF or DKIM speaks for the utility; default: the domains of `from`. */
  signedBy: z.array(domain).default([]),
  /** Templates such as `verification code is {code:6}`; see docs/adding-a-utility.md. */
  codes: z.array(template).default([]),
})
const sms = z.strictObject({
  /** Short codes or numbers as Twilio names them. */
  from: z.array(z.string().min(3).max(20)).default([]),
  codes: z.array(template).default([]),
})

/** One file of config/utilities; the file name is the id. */
export const definitionSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1),
  aliases: z.array(z.string()).default([]),
  country: z.array(z.string().length(2)).default([]),
  /** Web domains of the utility and its portal. A new sender at one of them may become a candidate. */
  web: z.array(domain).default([]),
  email: mail.default({ from: [], signedBy: [], codes: [] }),
  sms: sms.default({ from: [], codes: [] }),
  /** What is known of the code's shape; narrows the general extractor. Absent: not known. */
  code: z
    .strictObject({
      lengths: z.array(z.number().int().min(3).max(12)).min(1).optional(),
      alphabet: z.enum(['digits', 'letters', 'alphanumeric']).optional(),
    })
    .optional(),
  /** How long a code lives after it was sent. */
  validForSeconds: z.number().int().min(30).max(86_400).default(600),
  mfa: z
    .strictObject({
      channels: z.strictObject({
        email: known.default('unknown'),
        sms: known.default('unknown'),
        voice: known.default('unknown'),
        authenticator: known.default('unknown'),
        securityQuestions: known.default('unknown'),
      }),
      /** Whether the customer can turn it off at the portal. */
      canDisable: known.default('unknown'),
      /** When the portal asks, in a sentence or two. */
      behaviour: z.string().default(''),
      /** How long the portal remembers a device. */
      remembersDays: z.number().int().positive().optional(),
      /** Wrong codes or passwords before the portal locks. */
      lockoutAttempts: z.number().int().positive().optional(),
    })
    .optional(),
  /** Order in which the options are offered to the customer; default is the general ladder. */
  ladder: z.array(z.enum(LADDER_RUNGS)).optional(),
  /** What support must know, each a sentence; conflicts between sources are named here. */
  notes: z.array(z.string()).default([]),
})

/** A utility's definition with its id, defaults filled in. */
export type UtilityDefinition = z.infer<typeof definitionSchema> & { readonly id: string }

/** All known utilities by id. */
export type Utilities = ReadonlyMap<string, UtilityDefinition>
