import { networkMatcher } from '../../src/config.ts'
import type { MailboxContext } from '../../src/domain/mailbox.ts'
import type { InboundEmail } from '../../src/domain/message.ts'
import type { Verdict } from '../../src/domain/verdict.ts'
import { parseMime } from '../../src/inbound/parse-mime.ts'
import { type AuthenticateDeps, authenticate } from '../../src/trust/authenticate.ts'
import type { Authentication } from '../../src/trust/authentication.ts'
import type { Circumstances } from '../../src/trust/circumstances.ts'
import { createDnsLookup } from '../../src/trust/dns.ts'
import { judge } from '../../src/trust/judge.ts'
import type { UtilityDefinition } from '../../src/utilities/definition.ts'
import { startDnsServer, type TestDns } from '../support/dns.ts'
import {
  circumstances,
  context,
  dkimKey,
  FROM_DOMAIN,
  ORGANISATION,
  type Sealing,
  type Signing,
  sealed,
  signed,
  utility,
} from './support.ts'

/** A utility, a stranger and a forwarder, with their records on a real name server. */
export type TrustWorld = {
  readonly dns: TestDns
  readonly deps: AuthenticateDeps
  readonly strangerKey: string
  /** Sealed by a forwarder, with its own key; `google.com` and `microsoft.com` are among the providers known. */
  seal(raw: string, domain: string, results: string, cv?: Sealing['cv']): Promise<string>
  /** Signed by the utility's key. */
  sign(raw: string, change?: Partial<Signing>): Promise<string>
  authenticated(message: InboundEmail): Promise<Authentication>
  /** As at {@link NOW}, whenever it is. */
  verdictOn(
    message: InboundEmail,
    mailbox?: MailboxContext,
    definition?: UtilityDefinition,
    change?: Partial<Circumstances>,
  ): Promise<Verdict>
  close(): Promise<void>
}

export async function startTrustWorld(): Promise<TrustWorld> {
  const dns = await startDnsServer()
  const key = dkimKey()
  const strangerKey = dkimKey()
  dns.set('TXT', FROM_DOMAIN, 'v=spf1 ip4:192.0.2.10 -all')
  dns.set('TXT', `s1._domainkey.${ORGANISATION}`, key.record)
  dns.set('TXT', 'stranger.test', 'v=spf1 ip4:198.51.100.7 -all')
  dns.set('TXT', 's1._domainkey.stranger.test', strangerKey.record)
  const sealKeys = new Map<string, string>()
  for (const domain of ['google.com', 'microsoft.com', 'stranger.test']) {
    const sealKey = dkimKey()
    sealKeys.set(domain, sealKey.privateKey)
    dns.set('TXT', `arc1._domainkey.${domain}`, sealKey.record)
  }
  dns.set('TXT', 'forwarder.test', 'v=spf1 ip4:203.0.113.5 -all')
  const deps = { lookup: createDnsLookup([dns.server]), isTrustedNetwork: networkMatcher(['10.0.0.0/8']) }
  const authenticated = async (message: InboundEmail) =>
    authenticate(message, await parseMime(message.raw), deps)
  return {
    dns,
    deps,
    strangerKey: strangerKey.privateKey,
    sign: (raw, change = {}) => signed(raw, { domain: ORGANISATION, privateKey: key.privateKey, ...change }),
    seal: (raw, domain, results, cv = 'none') =>
      sealed(raw, { domain, privateKey: sealKeys.get(domain) ?? '', results, cv }),
    authenticated,
    verdictOn: async (message, mailbox = context(), definition = utility(), change = {}) =>
      judge(
        await authenticated(message),
        await parseMime(message.raw),
        mailbox,
        definition,
        circumstances(change),
      ),
    close: () => dns.close(),
  }
}
