import { z } from '@hono/zod-openapi'
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js'
import { addressDomain, parseEmailAddress } from '../domain/address.ts'
import { canonicalInbox } from '../domain/inbox-address.ts'
import { type FieldProblem, invalidFields } from '../http/errors.ts'

const BAD_EMAIL = 'must be one bare e-mail address such as name@example.com'
const BAD_PHONE = 'must be a phone number with its country code, such as +12025550123'

/** An e-mail address in the form that we keep. */
export const emailAddress = z
  .string()
  .trim()
  .max(254)
  .transform((value, context) => {
    const address = parseEmailAddress(value)
    if (address !== null) return address
    context.addIssue({ code: 'custom', message: BAD_EMAIL })
    return z.NEVER
  })
  .openapi({ type: 'string', format: 'email' })

/** A customer's recipients, as they were given. */
export type GivenContacts = {
  readonly emails: readonly string[]
  readonly phones: readonly string[]
}

export type ContactRules = {
  readonly mailDomain: string
  /** Whether this is a number of our own. */
  readonly isOurNumber: (phone: string) => boolean
  /** Where numbers without a country code are from: ISO 3166 alpha-2. */
  readonly country: string | null
}

export type Contact = { readonly channel: 'email' | 'sms'; readonly address: string }

/**
 * Recipients in the form that we keep, each once.
 *
 * @throws Failure `invalid_request` naming every bad one
 */
export function readContacts(given: GivenContacts, rules: ContactRules): Contact[] {
  const problems: FieldProblem[] = []
  const contacts = new Map<string, Contact>()
  given.emails.forEach((value, index) => {
    const path = `recipients.emails[${index}]`
    const address = parseEmailAddress(value)
    if (address === null) {
      problems.push({ path, problem: BAD_EMAIL })
      return
    }
    if (isOurs(addressDomain(address), rules.mailDomain))
      problems.push({
        path,
        problem: 'is an address of the relay itself: copies would go round in circles',
      })
    // Only its owner knows whether case counts, but two spellings are one person to us.
    const key = address.toLowerCase()
    if (!contacts.has(key)) contacts.set(key, { channel: 'email', address })
  })
  given.phones.forEach((value, index) => {
    const path = `recipients.phones[${index}]`
    const phone = readPhone(value, rules.country)
    if (phone === null) problems.push({ path, problem: BAD_PHONE })
    else if (rules.isOurNumber(phone)) problems.push({ path, problem: 'is a number of the relay itself' })
    else contacts.set(phone, { channel: 'sms', address: phone })
  })
  if (problems.length > 0) throw invalidFields(problems)
  return [...contacts.values()]
}

/**
 * Inboxes that may forward to us, in their canonical form.
 *
 * @throws Failure `invalid_request` for one of our own
 */
export function readInboxes(given: readonly string[], mailDomain: string): string[] {
  const problems = given.flatMap((address, index) =>
    isOurs(addressDomain(address), mailDomain)
      ? [
          {
            path: `inboxAddresses[${index}]`,
            problem: 'is an address of the relay, not the customer’s inbox',
          },
        ]
      : [],
  )
  if (problems.length > 0) throw invalidFields(problems)
  return [...new Set(given.map(canonicalInbox))]
}

const isOurs = (domain: string, mailDomain: string): boolean =>
  domain === mailDomain || domain.endsWith(`.${mailDomain}`)

/** E.164, or null. Possible is enough: number ranges change faster than libraries that know which are in use. */
function readPhone(value: string, country: string | null): string | null {
  const known =
    country !== null && isSupportedCountry(country) ? { defaultCountry: country as CountryCode } : {}
  const phone = parsePhoneNumberFromString(value, { ...known, extract: false })
  return phone?.isPossible() && !phone.ext ? phone.number : null
}
