import { workerData } from 'node:worker_threads'
import { networkMatcher } from './config.ts'
import { createExtractors, type Extractors } from './extract/registry.ts'
import { parseMime } from './inbound/parse-mime.ts'
import { useQuickBlobs } from './inbound/quick-blob.ts'
import { createReader } from './inbound/read-message.ts'
import type { ReaderData } from './inbound/reader-protocol.ts'
import { serveReader } from './inbound/reader-thread.ts'
import { log, startLog } from './log.ts'
import { collectStartupGarbage } from './startup-garbage.ts'
import { authenticate } from './trust/authenticate.ts'
import { withoutBadLink } from './trust/confirmation-link.ts'
import { createDnsLookup, timedLookup } from './trust/dns.ts'
import { judge } from './trust/judge.ts'
import { judgeBillMail } from './trust/judge-bills.ts'
import { loadCustomExtractors } from './utilities/custom-extractors.ts'
import type { Utilities } from './utilities/definition.ts'
import { loadInboxProviders } from './utilities/inbox-providers.ts'

/** What a reader thread is told by assemble.ts when it starts. */
export type ReaderSettings = {
  readonly logLevel: string
  readonly trustedNetworks: readonly string[]
  readonly dnsServers: readonly string[]
  /** Where the operator's own extractors are; empty: there are none. */
  readonly utilitiesDir: string
  readonly newSenders: 'candidate' | 'quarantine'
}

/* The entry of a reader thread: wires parsing, extraction and trust together. */

const { occupancy, settings, ...start } = workerData as ReaderData<ReaderSettings>
startLog(settings.logLevel)
useQuickBlobs()
const isTrustedNetwork = networkMatcher(settings.trustedNetworks)
const dns = timedLookup(createDnsLookup(settings.dnsServers))

const { providers } = loadInboxProviders()

let utilities = start.utilities
let extractors: Extractors = await makeExtractors(utilities)

async function makeExtractors(current: Utilities): Promise<Extractors> {
  if (!settings.utilitiesDir) return createExtractors(current)
  const custom = await loadCustomExtractors(settings.utilitiesDir)
  for (const { file, reason } of custom.problems) log.utilityProblem({ problem: `${file}: ${reason}` })
  return createExtractors(current, custom.extractors)
}

async function reload(current: Utilities): Promise<void> {
  extractors = await makeExtractors(current)
  utilities = current
}

const read = createReader({
  parse: parseMime,
  extract: (utility, message) => {
    const found = extractors.extractFor(utility, message)
    return found.kind === 'forwarding_confirmation'
      ? withoutBadLink(found, providers.get(found.provider))
      : found
  },
  authenticate: (message, readable, onResume) =>
    authenticate(message, readable, { lookup: dns.lookup, isTrustedNetwork, onResume }),
  judge: (facts, message, context, found) => {
    if (found.isBills && facts) return judgeBillMail(facts, message)
    const utility = (context && utilities.get(context.connection.utility)) ?? null
    return judge(facts, message, context, utility, { ...found, newSenders: settings.newSenders, providers })
  },
})

/** What the first messages would otherwise wait for: compiling. Patterns become fast at their second use only. */
const WARM_UPS = 3

async function warmUp(): Promise<void> {
  const row =
    '<tr><td class="x" style="padding:0 24px;font-size:14px;color:#444">Thank you &amp; goodbye.</td></tr>'
  const lines = [
    'From: Example Power <a@example.com>',
    'Subject: Your code',
    `Date: ${new Date(0).toUTCString()}`,
    'Message-ID: <warm-up@example.com>',
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b\r\nContent-Type: text/plain\r\n\r\nYour verification code is 123456. It expires in 10 minutes.',
    `--b\r\nContent-Type: text/html\r\n\r\n<style>.x{color:#000}</style><p>Your verification code is <b>123456</b></p>`,
    `<table>${row.repeat(20)}</table>\r\n--b--`,
  ]
  const raw = new TextEncoder().encode(lines.join('\r\n'))
  for (let n = 0; n < WARM_UPS; n += 1) extractors.extractFor(null, await parseMime(raw))
}

await warmUp()
collectStartupGarbage()
serveReader(occupancy, {
  async read(...asked) {
    const reading = await read(...asked)
    // What was asked meanwhile goes along with whichever message is ready first: only the sums count.
    return reading.timings ? { ...reading, timings: { ...reading.timings, dns: dns.take() } } : reading
  },
  reload: (current) => {
    reload(current).catch((error: unknown) => log.fault({ where: 'reader reload', error }))
  },
})
