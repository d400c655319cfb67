import { getDomain } from 'tldts'
import { z } from 'zod'
import { LADDER_RUNGS } from '../domain/ladder.ts'
import { billTemplatesSchema } from './bills.ts'

export type { LadderRung } from '../domain/ladder.ts'

/** `yes`, `no`, what the sources disagree about, and what nobody published. Never invented. */
const known = z.enum(['yes', 'no', 'optional', 'conflicting', 'unknown'])

/** A name that somebody can own: `@com` or `@github.io` would hand trust to everybody below them. */
const isRegistrable = (name: string): boolean => getDomain(name, { allowPrivateDomains: true }) !== null

export const domain = z
  .string()
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, {
    error: 'a lower-case domain name, e.g. "example.com"',
    abort: true,
  })
  .refine(isRegistrable, 'a domain that one owner can register, not a suffix such as "com" or "co.uk"')
const sender = z
  .string()
  .regex(/^[^\s@]*@[a-z0-9.-]+$/, {
    error: 'an address, or "@domain" for any address at a domain and below it',
    abort: true,
  })
  .refine((value) => isRegistrable(value.slice(value.lastIndexOf('@') + 1)), 'its domain is a public suffix')
  .transform((value) => value.toLowerCase())
const template = z.string().min(3).max(200)
const sentence = z.string().min(1).max(600)

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

const mfa = z.strictObject({
  channels: z.strictObject({
    email: known.default('unknown'),
    sms: known.default('unknown'),
    voice: known.default('unknown'),
    authenticator: known.default('unknown'),
    securityQuestions: known.default('unknown'),
  }),
  /** When the portal asks for a second factor, as far as it is known. */
  asks: z.enum(['every_login', 'new_device', 'when_enabled', 'usually_not', 'unknown']).default('unknown'),
  /** Whether the customer can turn it off at the portal. */
  canDisable: known.default('unknown'),
  /** When the portal asks, in a sentence or two. */
  behaviour: z.string().default(''),
  /** How long the portal remembers a device. */
  remembersDays: z.number().int().positive().optional(),
  /** Wrong codes or passwords before the portal locks. */
  lockoutAttempts: z.number().int().positive().optional(),
  /** How many questions the portal sets, and whether case and spacing of an answer count. */
  securityQuestions: z
    .strictObject({
      atLeast: z.number().int().positive(),
      atMost: z.number().int().positive(),
      exactAnswers: z.boolean(),
    })
    .optional(),
  /** Codes of an authenticator app. `singleUse`: the portal refuses the same code a second time. */
  totp: z
    .strictObject({
      digits: z.number().int().min(6).max(8).default(6),
      periodSeconds: z.number().int().min(15).max(120).default(30),
      singleUse: z.boolean().default(false),
    })
    .optional(),
})

/** Whether one rung is worth offering here, and what the customer does. */
const advice = z.strictObject({
  fit: z.enum(['recommended', 'possible', 'unlikely', 'impossible', 'unknown']),
  why: sentence,
  /** What the customer does at the portal, in order; shown on the hosted pages. */
  steps: z.array(sentence).max(12).default([]),
})

/** One file of config/utilities; the file name is the id. */
export const definitionSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1),
  aliases: z.array(z.string().min(1)).default([]),
  /** Companies that share one portal, and perhaps one sender, name the same family. */
  family: z
    .string()
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'lower-case words joined by "-"')
    .optional(),
  country: z.array(z.string().length(2)).default([]),
  /** Web domains of the utility and its portal. A new sender at one of them may become a candidate. */
  web: z.array(domain).default([]),
  /** Pages for people: the portal's login first, then help pages. */
  links: z
    .array(z.strictObject({ title: z.string().min(1), url: z.url({ protocol: /^https$/ }) }))
    .default([]),
  email: mail.default({ from: [], signedBy: [], codes: [] }),
  sms: sms.default({ from: [], codes: [] }),
  /** What is known of the code's shape; narrows the general extractor. Absent: not known. */
  code: z
    .strictObject({
      lengths: z.array(z.number().int().min(3).max(12)).min(1).optional(),
      alphabet: z.enum(['digits', 'letters', 'alphanumeric']).optional(),
    })
    .optional(),
  /** How long a code lives after it was sent. Leave out what is not known: ten minutes are assumed. */
  validForSeconds: z.number().int().min(30).max(86_400).default(600),
  mfa: mfa.optional(),
  /** Order in which the options are offered to the customer; default is the general ladder. */
  ladder: z
    .array(z.enum(LADDER_RUNGS))
    .min(1)
    .refine((rungs) => new Set(rungs).size === rungs.length, 'names a rung twice')
    .optional(),
  /** What to know about single rungs at this utility; a rung without advice is offered as the ladder says. */
  advice: z.partialRecord(z.enum(LADDER_RUNGS), advice).default({}),
  /** The portal accepts a third party's contact, such as an authorised user, that our address can be. */
  thirdPartyContact: z
    .strictObject({
      needs: z.array(z.enum(['email', 'name', 'phone'])).min(1),
      /** It mails an invitation that has to be accepted before anything else comes. */
      invites: z.boolean(),
      /** Longest wait until the contact works. */
      activationHours: z.number().int().positive().optional(),
    })
    .optional(),
  /** How its bills are worded, where the general reader misses something; see docs/documents.md. */
  bills: billTemplatesSchema,
  /** What support must know, each a sentence; conflicts between sources are named here. */
  notes: z.array(sentence).default([]),
})

/** A utility's definition with its id, defaults filled in. Plain data: it may be posted to a worker. */
export type UtilityDefinition = z.infer<typeof definitionSchema> & { readonly id: string }

/** All known utilities by id. */
export type Utilities = ReadonlyMap<string, UtilityDefinition>
