import { arc as checkArc } from 'mailauth/lib/arc/index.js'
import { type ArcSet, type Authentication, NOTHING_KNOWN } from './authentication.ts'
import { domainNamed, readsOneWay } from './sealed-results.ts'

type ArcData = Parameters<typeof checkArc>[0]
type Resolver = NonNullable<NonNullable<Parameters<typeof checkArc>[1]>['resolver']>
type Fields = Record<string, unknown>

/** Forged chains may be long; forwarding to us takes a few hops. */
const MOST_SETS = 10

/** The header fields that a chain's newest message signature covers, and whether it covers the whole body. */
export type ChainSignature = { readonly signedHeaders: readonly string[]; readonly limitsBody: boolean }

export type CheckedChain = Pick<Authentication['arc'], 'result' | 'sets'> & {
  readonly signature: ChainSignature | null
}

/** Verifies an ARC chain (RFC 8617 §5.2) and reads what each forwarder found. */
export async function checkChain(
  data: ArcData | undefined,
  resolver: Resolver,
  minBitLength: number,
): Promise<CheckedChain> {
  const nothing = { ...NOTHING_KNOWN.arc, signature: null }
  if (!data || (!data.chain && !data.error)) return nothing
  const chain = Array.isArray(data.chain) ? (data.chain as unknown as Fields[]) : []
  if (chain.length > MOST_SETS) return { ...nothing, result: 'fail' }
  // Read first: verifying takes the parsed results apart.
  const sets = chain.map(readSet)
  const { status, signature } = await checkArc(data, { resolver, minBitLength })
  const isKnown = sets.every((set) => set !== null)
  if (status.result === 'pass' && signature && isKnown) {
    const details = signature as unknown as { signingHeaders?: Fields; canonBodyLengthLimited?: boolean }
    const keys = String(details.signingHeaders?.keys ?? '')
    const limitsBody = details.canonBodyLengthLimited === true
    return {
      result: 'pass',
      sets,
      signature: { signedHeaders: keys.toLowerCase().split(/\s*:\s*/), limitsBody },
    }
  }
  if (status.result === 'none') return nothing
  // mailauth words every verdict of its own; what it has no words for is DNS that did not answer.
  const hasWords = Boolean(status.comment || (status as { policy?: unknown }).policy)
  return { ...nothing, result: hasWords ? 'fail' : 'temperror' }
}

function readSet(entry: Fields): ArcSet | null {
  const sealer = textAt(entry, 'arc-seal', 'parsed', 'd', 'value')?.toLowerCase()
  if (!sealer) return null
  const field = fieldsOf(entry['arc-authentication-results'])
  if (!readsOneWay(String(field.original ?? ''))) return { sealer, dmarc: null, spf: null, dkim: [] }
  const results = fieldsOf(field.parsed)
  const dkim = Array.isArray(results.dkim) ? results.dkim : []
  // A policy that was broken there is broken, whatever else passed.
  if (textAt(results.dmarc, 'value')?.toLowerCase() === 'fail')
    return { sealer, dmarc: null, spf: null, dkim: [] }
  const passed = (found: unknown): boolean => textAt(found, 'value')?.toLowerCase() === 'pass'
  return {
    sealer,
    dmarc: passed(results.dmarc) ? domainNamed(textAt(results.dmarc, 'header', 'from')) : null,
    spf: passed(results.spf) ? domainNamed(textAt(results.spf, 'smtp', 'mailfrom')) : null,
    dkim: dkim
      .filter(passed)
      .map((one) => domainNamed(textAt(one, 'header', 'd') ?? textAt(one, 'header', 'i')))
      .filter((domain) => domain !== null),
  }
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}

function textAt(value: unknown, ...path: string[]): string | null {
  const found = path.reduce<unknown>((one, key) => fieldsOf(one)[key], value)
  return typeof found === 'string' ? found : null
}
