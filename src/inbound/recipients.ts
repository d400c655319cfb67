import { domainToASCII } from 'node:url'
import { canonicalRecipient, type MailboxContext } from '../domain/mailbox.ts'

/** Looks a mailbox up by its canonical address; retired ones too. */
export type FindMailbox = (address: string) => Promise<MailboxContext | null>

/** Whether a company's bills come to this address. */
export type IsBillAddress = (address: string) => Promise<boolean>

/** Whether this is the return path of a copy that we sent, its signature included. */
export type IsReturnPath = (address: string) => boolean

/** Addresses that every mail domain has (RFC 2142, RFC 5321 §4.5.1); people read what comes to them. */
const OPERATOR_NAMES = new Set(['postmaster', 'abuse'])

/** The operator's own address that a recipient names, or null. A bare `postmaster` is ours (RFC 5321 §4.1.1.3). */
export function operatorAddress(recipient: string, domain: string): string | null {
  const canonical = canonicalRecipient(
    recipient.toLowerCase() === 'postmaster' ? `postmaster@${domain}` : recipient,
    domain,
  )
  return canonical !== null && OPERATOR_NAMES.has(canonical.slice(0, canonical.lastIndexOf('@')))
    ? canonical
    : null
}

/** An address as protocols write it: the domain in ASCII, whatever form it came in. */
export function asciiAddress(address: string): string {
  const at = address.lastIndexOf('@')
  if (at < 0) return address
  const domain = address.slice(at + 1)
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`
}

/**
 * Whom a recipient stands for, in the form that the rest of the relay knows it by; null: nobody here.
 *
 * @throws what the store throws; the answer is then not known, and nobody may be refused for good
 */
export async function findRecipient(
  recipient: string,
  domain: string,
  findMailbox: FindMailbox,
  isReturnPath: IsReturnPath = () => false,
  isBillAddress: IsBillAddress = async () => false,
): Promise<string | null> {
  const address = asciiAddress(recipient)
  if (isReturnPath(address)) return address.toLowerCase()
  const operator = operatorAddress(address, domain)
  if (operator !== null) return operator
  const canonical = canonicalRecipient(address, domain)
  if (canonical === null) return null
  const context = await findMailbox(canonical)
  if (context === null) return (await isBillAddress(canonical)) ? canonical : null
  return context.mailbox.retiredAt === null ? canonical : null
}
