import { mkdirSync, readFileSync } from 'node:fs'
import type { ReaderSettings } from './assemble-worker.ts'
import { MAX_UPLOAD_BYTES, UPLOAD_PATH } from './collection/documents/routes.ts'
import { startDocuments } from './collection/documents/start.ts'
import { leaseRoutes } from './collection/leases/routes.ts'
import { type Config, networkMatcher, PACKAGE_ROOT } from './config.ts'
import type { Extraction } from './domain/extraction.ts'
import { canonicalRecipient } from './domain/mailbox.ts'
import type { InboundMessage } from './domain/message.ts'
import type { MessageSummary } from './domain/reading.ts'
import { startConfirming } from './handshake/confirming.ts'
import { createApp } from './http/app.ts'
import { createAuth } from './http/auth.ts'
import { EXTRACT_PATH, extractRoutes } from './http/extract-route.ts'
import { healthRoutes } from './http/health.ts'
import { createMetrics } from './http/metrics.ts'
import { createSafeFetch } from './http/safe-fetch.ts'
import { type HttpServer, startHttp } from './http/server.ts'
import { answersTo } from './inbound/answers.ts'
import { type ByteBudget, createByteBudget } from './inbound/byte-budget.ts'
import { doorGuard } from './inbound/door-guard.ts'
import { type Limits, limitRules, memoryLimits } from './inbound/limits.ts'
import { loopFinder } from './inbound/loops.ts'
import { MIME_UPLOAD_PATH, mimeUploadRoutes } from './inbound/mime-upload.ts'
import { createReaderPool, type ReaderPool } from './inbound/reader-pool.ts'
import { operatorAddress } from './inbound/recipients.ts'
import { refusalCounter } from './inbound/refusals.ts'
import { twilioNumbers } from './inbound/sms/numbers.ts'
import { startReconciliation } from './inbound/sms/reconcile.ts'
import { twilioRoutes } from './inbound/sms/routes.ts'
import { createTwilioClient, type TwilioClient } from './inbound/sms/twilio-client.ts'
import { startSmtpDoor } from './inbound/smtp/door.ts'
import { log } from './log.ts'
import { admitter } from './outbox/admit.ts'
import { type CourierSet, makeCouriers } from './outbox/couriers.ts'
import { proofSender, readProof } from './outbox/email/proof.ts'
import { startOutbox } from './outbox/outbox.ts'
import { copyPlanner } from './outbox/plan.ts'
import { utilityName } from './outbox/wording.ts'
import { pageRoutes } from './pages/routes.ts'
import { provisioningRoutes } from './provisioning/routes.ts'
import { startSecondLooks } from './receive/second-look.ts'
import { receive } from './receive.ts'
import { runnerRoutes } from './runner/routes.ts'
import { createTotpCodes, type TotpCodes } from './runner/totp.ts'
import { createWaiters, type Waiters } from './runner/waiters.ts'
import { Shutdown } from './shutdown.ts'
import { startDiagnoser } from './status/after-login.ts'
import { ladderOf } from './status/options.ts'
import { settleCompanies } from './status/settle.ts'
import { statusRoutes } from './status/status-routes.ts'
import { triageRoutes } from './status/triage-routes.ts'
import { loadAdminKey } from './store/admin-key.ts'
import { loadMasterKeys, sqlitePath } from './store/master-key.ts'
import { startRetention } from './store/retention.ts'
import { startRotation } from './store/rotation.ts'
import { openSqliteStore } from './store/sqlite/open.ts'
import type { Store } from './store/store.ts'
import { isConfirmingLink } from './trust/confirmation-link.ts'
import { loadInboxProviders, providerOf } from './utilities/inbox-providers.ts'
import { BUILT_IN_UTILITIES, loadUtilities } from './utilities/load.ts'
import { nearest } from './utilities/nearest.ts'
import { formatProblem } from './utilities/problem.ts'
import { type UtilitiesWatch, watchUtilities } from './utilities/watch.ts'
import { memoryWakeup } from './wakeup/memory.ts'

/** A running relay. */
export type RunningRelay = {
  /** The ports that are really listened on. */
  readonly ports: { readonly smtp: number; readonly lmtp: number | null; readonly http: number }
  /** Where the admin key was made, if it was. */
  readonly adminKeyPath: string | null
  /** Stops the doors, lets what is under way end, gives back what this process holds, closes the store. */
  close(): Promise<void>
}

export type AssembleOptions = {
  /** The store's writer died: nothing can be kept any more, and the process should end. */
  readonly onFatal?: (error: Error) => void
}

/** Who leases deliveries and documents of an embedded store: this process, and before it the one whose place it took. */
const HOLDER = 'embedded'

/**
 * The only wiring: settings in, running parts out.
 *
 * @throws StoreSetupError, or what a port that is taken throws; whatever was started by then is stopped again
 */
export async function assemble(config: Config, options: AssembleOptions = {}): Promise<RunningRelay> {
  const shutdown = new Shutdown()
  try {
    return await start(config, options, shutdown)
  } catch (error) {
    await shutdown.run()
    throw error
  }
}

async function start(config: Config, options: AssembleOptions, shutdown: Shutdown): Promise<RunningRelay> {
  const base = await openBase(config, options, shutdown)
  const { store, metrics, wakeup, readers, utilities } = base
  let http: HttpServer | undefined
  const publicUrl = () => config.publicUrl || `http://localhost:${http?.port ?? config.httpPort}`
  const twilio = config.twilioAccountSid ? createTwilioClient(config) : null
  const copies = makeCouriers(config, {
    masterKeys: base.masterKeys,
    publicUrl,
    nameOf: (id) => utilities.current().get(id)?.name,
    smsMessages: twilio?.messages ?? null,
  })
  const receiveDeps = {
    store,
    wakeup,
    metrics,
    read: readers.read,
    noteDeferral: store.noteDeferral,
    planCopies: copyPlanner({ relayNotices: config.relayNotices }),
    findUtility: (id: string) => utilities.current().get(id),
    canonical: (recipient: string) => canonicalRecipient(recipient, config.mailDomain),
    isOperator: (recipient: string) => operatorAddress(recipient, config.mailDomain) !== null,
    answers: answersTo(store, copies.returnPaths.parse),
    findLoop: findOwnCopies(config, base, copies),
    noteProof: async (summary: MessageSummary, connectionId: string, at: number) => {
      const deliveryId = readProof(copies.returnPaths, config.mailDomain, summary)
      if (deliveryId !== null) await store.noteProof(connectionId, deliveryId, at)
    },
    onStored: base.status.diagnoser.somethingCame,
  }
  const receiveMessage = (message: InboundMessage) => receive(receiveDeps, message)

  const waiters = createWaiters({
    store,
    wakeup,
    metrics,
    rules: {
      clockSkewMs: config.clockSkewSeconds * 1000,
      offerCandidates: config.newSenders === 'candidate',
    },
  })
  metrics.watch('waiters', 'Runners waiting for a code.', waiters.count)
  const totp = createTotpCodes({ store, metrics })

  const budget = createByteBudget(config.maxBufferedBytes)
  metrics.watch('buffered_bytes', 'Bytes of messages being taken in.', () => budget.held)
  const documents = await startDocuments({
    store,
    utilities: utilities.current,
    settings: config,
    holder: HOLDER,
  })
  shutdown.front(() => documents.close())
  const app = makeApp({
    documents,
    totp,
    config,
    base,
    copies,
    waiters,
    receiveMessage,
    twilio,
    publicUrl,
    budget,
    shutdown,
  })
  http = await startHttp({ app, host: config.httpHost, port: config.httpPort })
  const graceMs = (config.shutdownSeconds * 1000) / 2
  shutdown.front(() => {
    waiters.close()
    totp.close()
    return http?.close(graceMs)
  })

  const limits = memoryLimits(limitRules(config))
  const isTrustedNetwork = networkMatcher(config.trustedNetworks)
  const guard = doorGuard({
    limits,
    isExempt: isTrustedNetwork,
    tarpitMs: config.tarpitSeconds * 1000,
    mostHeld: Math.ceil(config.maxClients / 10),
  })
  const openDoor = (protocol: 'smtp' | 'lmtp', port: number) =>
    startSmtpDoor({
      protocol,
      port,
      host: config.smtpHost,
      mailDomain: config.mailDomain,
      tls: { ...config, hostName: config.mailDomain },
      maxMessageBytes: config.maxMessageBytes,
      maxRecipients: config.maxRecipients,
      maxClients: config.maxClients,
      limits: { dataMs: config.smtpDataSeconds * 1000, sessionMs: config.smtpSessionSeconds * 1000 },
      budget,
      isProxyNetwork: networkMatcher(config.proxyNetworks),
      findMailbox: store.findMailbox,
      isReturnPath: (address) => copies.returnPaths.parse(address) !== null,
      guard,
      onRefused: base.status.onRefused,
      receive: receiveMessage,
    })
  const smtp = await openDoor('smtp', config.smtpPort)
  shutdown.front(() => smtp.close(graceMs))
  const lmtp = config.lmtpPort === null ? null : await openDoor('lmtp', config.lmtpPort)
  if (lmtp) shutdown.front(() => lmtp.close(graceMs))

  // What this process held when it was killed goes out now, not when its leases run out.
  await store.releaseDeliveries(HOLDER)
  startBackground({ config, base, copies, receiveMessage, twilio, limits, shutdown })
  const secondLooks = startSecondLooks(receiveDeps)
  shutdown.front(() => secondLooks.stop())
  if (config.confirmForwarding === 'auto') {
    const confirming = startConfirming({ store, fetch: createSafeFetch(), isConfirming: confirmsByPost() })
    shutdown.front(() => confirming.stop())
  }
  const ports = { smtp: smtp.port, lmtp: lmtp?.port ?? null, http: http.port }
  return { ports, adminKeyPath: base.adminKey.path ?? null, close: () => shutdown.run() }
}

/** Which links of which providers an empty POST answers. */
function confirmsByPost(): (provider: string, link: string) => boolean {
  const { providers } = loadInboxProviders()
  return (id, link) => {
    const provider = providers.get(id)
    return provider?.confirmation.completion === 'post' && isConfirmingLink(link, provider)
  }
}

/** Everything that the doors, the API and the outbox stand on. */
async function openBase(config: Config, { onFatal }: AssembleOptions, shutdown: Shutdown) {
  mkdirSync(config.dataDir, { recursive: true })
  const masterKeys = loadMasterKeys(config)
  const adminKey = loadAdminKey(config)
  const store = await openSqliteStore({
    path: sqlitePath(config),
    masterKeys,
    ...(onFatal ? { onFatal } : {}),
  })
  shutdown.back(() => store.close())
  const metrics = createMetrics()
  const wakeup = memoryWakeup()
  shutdown.back(() => wakeup.close())
  const { utilities, readers } = await openReading(config, shutdown)
  const status = openStatus(store, utilities, shutdown)
  return { masterKeys, adminKey, store, metrics, wakeup, utilities, readers, status }
}
type Base = Awaited<ReturnType<typeof openBase>>

/** What finds out why logins break, and what it leans on: refusals are counted, late mail is looked at again. */
function openStatus(store: Store, utilities: UtilitiesWatch, shutdown: Shutdown) {
  const { providers, problems } = loadInboxProviders()
  for (const problem of problems) log.utilityProblem({ problem: formatProblem(problem) })
  const triage = {
    store,
    findUtility: (id: string) => utilities.current().get(id),
    providerOf: (inbox: string) => providerOf(providers, inbox),
  }
  const diagnoser = startDiagnoser(triage)
  shutdown.back(() => diagnoser.close())
  const refusals = refusalCounter({ count: store.countRefusal, onCounted: diagnoser.somethingCame })
  shutdown.back(() => refusals.close())
  return { triage, diagnoser, onRefused: refusals.refused }
}

/** Utility definitions, and the threads that read messages with them; both follow changes of the files. */
async function openReading(
  config: Config,
  shutdown: Shutdown,
): Promise<{ utilities: UtilitiesWatch; readers: ReaderPool }> {
  const directories = { builtInDir: BUILT_IN_UTILITIES, operatorDir: config.utilitiesDir || undefined }
  const complain = (problems: Parameters<typeof formatProblem>[0][]) => {
    for (const problem of problems) log.utilityProblem({ problem: formatProblem(problem) })
  }
  const loaded = loadUtilities(directories)
  complain([...loaded.problems])
  log.utilitiesLoaded({ count: loaded.utilities.size, problems: loaded.problems.length })
  const readers = await createReaderPool({
    workers: config.readWorkers,
    deadlineMs: config.readDeadlineMs,
    entry: new URL(
      import.meta.url.endsWith('.ts') ? './assemble-worker.ts' : './assemble-worker.js',
      import.meta.url,
    ),
    utilities: loaded.utilities,
    settings: {
      logLevel: config.logLevel,
      trustedNetworks: config.trustedNetworks,
      dnsServers: config.dnsServers,
      utilitiesDir: config.utilitiesDir,
      newSenders: config.newSenders,
    } satisfies ReaderSettings,
  })
  shutdown.back(() => readers.close())
  const utilities = watchUtilities({
    ...directories,
    initial: loaded.utilities,
    onChange: (changed) => {
      readers.reload(changed)
      log.utilitiesLoaded({ count: changed.size, problems: 0 })
    },
    onProblems: (problems) => complain([...problems]),
  })
  shutdown.back(() => utilities.close())
  return { utilities, readers }
}

/** How our own copies are known when a customer's rule sends them back. */
function findOwnCopies(config: Config, { store }: Base, { links, loopMarks }: CourierSet) {
  return loopFinder({
    relayFrom: config.relayFrom || `codes@${config.mailDomain}`,
    mailDomain: config.mailDomain,
    signer: config.dkimKey ? `${config.dkimSelector}/${config.dkimDomain || config.mailDomain}` : null,
    isOurMark: (value) => loopMarks.verify(value) !== null,
    isOurStopToken: (token) => links.read('stop', token, 0).kind !== 'invalid',
    wasCopied: store.wasCopied,
    // Test mail is sent in order to come back; it holds no code, so it cannot go round.
    isExempt: ({ from }) => from === proofSender(config.mailDomain),
  })
}

type AppParts = {
  readonly config: Config
  readonly base: Base
  readonly copies: CourierSet
  readonly waiters: Waiters
  readonly totp: TotpCodes
  readonly documents: Awaited<ReturnType<typeof startDocuments>>
  readonly receiveMessage: (message: InboundMessage) => Promise<unknown>
  readonly twilio: TwilioClient | null
  readonly publicUrl: () => string
  readonly budget: ByteBudget
  readonly shutdown: Shutdown
}

/** The API, the pages and the webhooks. */
function makeApp(parts: AppParts) {
  const { config, base, copies, waiters, totp, shutdown } = parts
  const { store, metrics, wakeup, utilities } = base
  const auth = createAuth({ store, adminKeyHash: base.adminKey.hash })
  const book = {
    find: (id: string) => utilities.current().get(id),
    nearest: (asked: string) => nearest(utilities.current(), asked),
  }
  const nameOf = (id: string) => utilities.current().get(id)?.name
  return createApp({
    auth,
    metrics,
    version: JSON.parse(readFileSync(new URL('package.json', PACKAGE_ROOT), 'utf8')).version,
    messages: { paths: [MIME_UPLOAD_PATH, EXTRACT_PATH], maxBytes: config.maxMessageBytes },
    // Room of their own, so that mail is never told to come back because of them.
    uploads: {
      path: UPLOAD_PATH,
      maxBytes: MAX_UPLOAD_BYTES,
      room: createByteBudget(2 * MAX_UPLOAD_BYTES),
    },
    routes: [
      ...provisioningRoutes({
        store,
        wakeup,
        ladder: ladderOf(base.status.triage),
        providerOf: base.status.triage.providerOf,
        utilities: book,
        settings: config,
        forgetKeys: auth.forget,
        ...(parts.twilio
          ? { numbers: twilioNumbers({ client: parts.twilio, publicUrl: parts.publicUrl }) }
          : {}),
      }),
      leaseRoutes({ store }),
      runnerRoutes({ totp, store, wakeup, waiters, diagnose: base.status.diagnoser.loginEnded }),
      triageRoutes(base.status.triage),
      statusRoutes({ store, diagnose: base.status.diagnoser.loginEnded }),
      extractRoutes({
        utilities: book,
        tryExtract: (message, utility) => tryExtract(base, message, utility),
      }),
      parts.documents.routes,
      ...doorRoutes(parts),
      healthRoutes({
        metrics,
        isStopping: () => shutdown.isStopping,
        checks: {
          store: {
            run: store.checkWritable,
            required: true,
            problem: 'nothing can be stored: disk or database',
          },
          wakeup: { run: wakeup.isHealthy, required: false, problem: 'codes are found by slow polling' },
        },
      }),
    ],
    pages: [
      pageRoutes({
        store,
        readLink: copies.links.read,
        utilityName: (utility, url) => utilityName(utility, url, nameOf),
      }),
    ],
  })
}

/** The doors that speak HTTP. */
function doorRoutes({ config, base, copies, receiveMessage, publicUrl, budget }: AppParts) {
  const { store } = base
  const authTokens = [config.twilioAuthToken, config.twilioAuthTokenNext].filter(Boolean)
  const account = config.twilioAccountSid ? { accountSid: config.twilioAccountSid, authTokens } : null
  const isReturnPath = (address: string) => copies.returnPaths.parse(address) !== null
  const { onRefused } = base.status
  const door = { findMailbox: store.findMailbox, isReturnPath, onRefused, receive: receiveMessage }
  return [
    twilioRoutes({ ...door, account, publicUrl, smsFrom: config.smsFrom, stopPhone: store.stopPhone }),
    mimeUploadRoutes({ ...door, ...config, budget }),
  ]
}

async function tryExtract(
  { readers }: Base,
  message: InboundMessage,
  utility: string | null,
): Promise<Extraction> {
  const reading = await readers.read(message, [{ context: null, tryAs: utility }])
  const found = reading.perMailbox[0]
  if (!found) throw new Error('the reading is empty')
  return found.extraction
}

/** What runs beside the doors: copies, what Twilio kept, retention. */
function startBackground(
  parts: Pick<AppParts, 'config' | 'base' | 'copies' | 'receiveMessage' | 'twilio' | 'shutdown'> & {
    readonly limits: Limits
  },
): void {
  const { config, base, copies, receiveMessage, twilio, limits, shutdown } = parts
  const { store, wakeup, metrics } = base
  const outbox = startOutbox({
    store,
    wakeup,
    admit: admitter(limits.take),
    couriers: copies.couriers,
    holder: HOLDER,
    onResult: ({ courier }, { kind }, ms) => metrics.delivered(courier, kind, ms),
  })
  shutdown.front(() => outbox.close((config.shutdownSeconds * 1000) / 2))
  const retention = startRetention(store, {
    codeHours: config.codeRetentionHours,
    bodyDays: config.messageRetentionDays,
    documentDays: config.documentRetentionDays,
  })
  shutdown.front(() => retention.stop())
  const rotation = startRotation(store)
  shutdown.front(() => rotation.stop())
  void settleCompanies(store)
  if (!twilio) return
  const reconciliation = startReconciliation({
    client: twilio,
    smsFrom: config.smsFrom,
    listNumbers: store.listNumbers,
    hasMessage: store.hasMessage,
    receive: receiveMessage,
  })
  shutdown.front(() => reconciliation.stop())
}
