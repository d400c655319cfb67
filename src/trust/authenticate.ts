import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { dmarc as checkDmarc } from 'mailauth/lib/dmarc/index.js'
import { spf as checkSpf } from 'mailauth/lib/spf/index.js'
import type { InboundEmail, ReadableMessage } from '../domain/message.ts'
import { log } from '../log.ts'
import {
  type Authentication,
  type DkimResult,
  type DmarcResult,
  type NamedRecipient,
  NOTHING_KNOWN,
  type RecipientHeader,
  type SignatureFact,
  type SpfResult,
} from './authentication.ts'
import { type CheckedChain, checkChain } from './chain.ts'
import { type DnsLookup, isNothingThere, lookupForMessage } from './dns.ts'
import { addressesIn } from './recipients.ts'

export type AuthenticateDeps = {
  readonly lookup: DnsLookup
  readonly isTrustedNetwork: (address: string | undefined) => boolean
  /** Called whenever work for this message goes on after a wait; tells who keeps a thread busy. */
  readonly onResume?: () => void
  /** After this time DNS counts as not answering. */
  readonly budgetMs?: number
}

const BUDGET_MS = 5_000
/** SPF may ask ten, each signature and seal one, DMARC a handful. */
const MAX_QUESTIONS = 60
/** Each signature costs a hash over the body and a verification; mail that passed ten lists has fewer. */
const MAX_SIGNATURES = 10
const MIN_KEY_BITS = 1024

type Resolver = NonNullable<Parameters<typeof checkSpf>[0]['resolver']>

/**
 * Finds out who sent a message: SPF (RFC 7208), DKIM (RFC 6376), ARC (RFC 8617) and DMARC (RFC 7489). What DNS
 * does not answer in time is a temporary error. Mail from a trusted network is believed unchecked.
 */
export async function authenticate(
  email: InboundEmail,
  message: ReadableMessage,
  deps: AuthenticateDeps,
): Promise<Authentication> {
  const { sender: envelopeSender, recipients } = email.envelope
  const known = { ...NOTHING_KNOWN, envelopeSender, envelopeRecipients: recipients.length }
  if (deps.isTrustedNetwork(email.client.address)) return { ...known, trustedNetwork: true }
  const lookup = lookupForMessage(deps.lookup, {
    budgetMs: deps.budgetMs ?? BUDGET_MS,
    maxQuestions: MAX_QUESTIONS,
    onAnswer: deps.onResume ?? (() => {}),
  })
  try {
    return { ...known, ...(await check(email, message, lookup)) }
  } catch (error) {
    // A fault in a checker must not make the message unreadable: nothing is known of its sender, that is all.
    log.fault({ where: 'authenticate', error })
    return known
  } finally {
    lookup.end()
  }
}

async function check(email: InboundEmail, message: ReadableMessage, lookup: DnsLookup) {
  const resolver = lookup as Resolver
  const from = message.sender?.slice(message.sender.lastIndexOf('@') + 1)
  // DMARC comes last, but its answer may as well be on its way now.
  if (from) void lookup(`_dmarc.${from}`, 'TXT').catch(() => {})
  const tooManySignatures = countSignatures(message) > MAX_SIGNATURES
  const [spf, signed] = await Promise.all([
    checkSender(email, resolver),
    tooManySignatures ? null : checkSignatures(email, resolver),
  ])
  const signatures = signed?.signatures ?? []
  return {
    tooManySignatures,
    spf,
    dkim: signatures.map((signature) => voidWhatLeavesRoom(signature, message)),
    arc: signed ? judgedChain(signed.chain, message) : NOTHING_KNOWN.arc,
    namedRecipients: signed?.namedRecipients ?? [],
    headerNames: signed?.headerNames ?? null,
    dmarc: from ? await checkPolicy(from, spf, signatures, resolver) : NOTHING_KNOWN.dmarc,
  }
}

const countSignatures = (message: ReadableMessage): number =>
  message.headers.filter(({ key }) => key === 'dkim-signature' || key === 'arc-seal').length

async function checkSender(email: InboundEmail, resolver: Resolver): Promise<Authentication['spf']> {
  const { address, helo } = email.client
  if (!address) return NOTHING_KNOWN.spf
  const { status, domain } = await checkSpf({
    ip: address,
    sender: email.envelope.sender,
    ...(helo ? { helo } : {}),
    mta: 'relay.invalid',
    resolver,
  })
  return { result: status.result as SpfResult, domain: domain?.toLowerCase() || null }
}

type CheckedSignature = Omit<SignatureFact, 'void' | 'covers'> & {
  readonly signedHeaders: readonly string[]
  readonly limitsBody: boolean
}

async function checkSignatures(email: InboundEmail, resolver: Resolver) {
  const { raw } = email
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const verified = await dkimVerify(bytes, {
    resolver,
    sender: email.envelope.sender || 'unknown@relay.invalid',
    minBitLength: MIN_KEY_BITS,
    rejectRsaSha1: true,
  })
  const signatures = verified.results
    .filter(({ signingDomain }) => signingDomain)
    .map(
      (result): CheckedSignature => ({
        domain: String(result.signingDomain).toLowerCase(),
        result: result.status.result as DkimResult,
        comment: typeof result.status.comment === 'string' ? result.status.comment : null,
        signedHeaders: (result.signingHeaders?.keys ?? '').toLowerCase().split(/\s*:\s*/),
        limitsBody: result.canonBodyLengthLimited === true,
      }),
    )
  return {
    signatures,
    chain: await checkChain((verified as { arc?: ArcData }).arc, resolver, MIN_KEY_BITS),
    headerNames: verified.headers?.parsed.map(({ key }) => key) ?? [],
    namedRecipients: namedIn(verified.headers?.parsed ?? []),
  }
}

type ArcData = Parameters<typeof checkChain>[0]

function namedIn(headers: readonly { readonly key: string; readonly line: unknown }[]): NamedRecipient[] {
  return headers.flatMap(({ key, line }) => {
    if (key !== 'to' && key !== 'cc') return []
    const text = String(line)
    return addressesIn(text.slice(text.indexOf(':') + 1)).map((address) => ({ header: key, address }))
  })
}

function judgedChain({ signature, ...chain }: CheckedChain, message: ReadableMessage): Authentication['arc'] {
  if (!signature) return { ...chain, void: null, covers: [] }
  return { ...chain, void: roomLeft(signature, message), covers: coveredBy(signature.signedHeaders) }
}

const voidWhatLeavesRoom = (
  { signedHeaders, limitsBody, ...fact }: CheckedSignature,
  message: ReadableMessage,
): SignatureFact => ({
  ...fact,
  void: roomLeft({ signedHeaders, limitsBody }, message),
  covers: coveredBy(signedHeaders),
})

const coveredBy = (signedHeaders: readonly string[]): RecipientHeader[] =>
  (['to', 'cc'] as const).filter((name) => signedHeaders.includes(name))

/**
 * A signature that covers only part of the body (l=, RFC 6376 §8.2), or not the Subject or the Date, lets anybody
 * put another code into an old message, or make an old one new.
 */
function roomLeft(
  { signedHeaders, limitsBody }: Pick<CheckedSignature, 'signedHeaders' | 'limitsBody'>,
  message: ReadableMessage,
): SignatureFact['void'] {
  const leavesOpen = (name: string): boolean =>
    message.headers.some(({ key }) => key === name) && !signedHeaders.includes(name)
  if (limitsBody) return 'body_length_limit'
  if (leavesOpen('subject')) return 'subject_unsigned'
  return leavesOpen('date') ? 'date_unsigned' : null
}

async function checkPolicy(
  from: string,
  spf: Authentication['spf'],
  signatures: readonly CheckedSignature[],
  resolver: Resolver,
): Promise<DmarcResult> {
  try {
    const policy = await checkDmarc({
      headerFrom: [`author@${from}`],
      spfDomains: spf.result === 'pass' && spf.domain ? [spf.domain] : [],
      dkimDomains: signatures.filter(({ result }) => result === 'pass').map(({ domain }) => ({ domain })),
      resolver,
    })
    const result = policy ? policy.status.result : 'none'
    return result === 'neutral' ? 'none' : (result as DmarcResult)
  } catch (error) {
    return isNothingThere(error) ? 'none' : 'temperror'
  }
}
