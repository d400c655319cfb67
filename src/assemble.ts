import { type AppParts, makeApp } from './assemble/app.ts'
import { startBackground } from './assemble/background.ts'
import { type Base, type BaseOptions, openBase } from './assemble/base.ts'
import { billAddresses, findBillOwner } from './assemble/bill-addresses.ts'
import { measuredRead, measuredSave, watchQueues } from './assemble/measured.ts'
import { findOwnCopies } from './assemble/own-copies.ts'
import { startDocuments } from './collection/documents/start.ts'
import { type Config, networkMatcher } from './config.ts'
import { canonicalRecipient } from './domain/mailbox.ts'
import type { InboundMessage } from './domain/message.ts'
import type { MessageSummary } from './domain/reading.ts'
import { startConfirming } from './handshake/confirming.ts'
import { createSafeFetch } from './http/safe-fetch.ts'
import { type HttpServer, startHttp } from './http/server.ts'
import { answersTo } from './inbound/answers.ts'
import { createByteBudget } from './inbound/byte-budget.ts'
import { doorGuard } from './inbound/door-guard.ts'
import { createIntake } from './inbound/intake.ts'
import { operatorAddress } from './inbound/recipients.ts'
import { takingChecks } from './inbound/sms/number-check.ts'
import { twilioNumbers } from './inbound/sms/numbers.ts'
import { createTwilioClient } from './inbound/sms/twilio-client.ts'
import { startSmtpDoor } from './inbound/smtp/door.ts'
import { type CourierSet, makeCouriers } from './outbox/couriers.ts'
import { readProof } from './outbox/email/proof.ts'
import { copyPlanner } from './outbox/plan.ts'
import { startUpkeep } from './provisioning/upkeep.ts'
import { type SecondLookDeps, startSecondLooks } from './receive/second-look.ts'
import { type ReceiveDeps, receive } from './receive.ts'
import { createTotpCodes } from './runner/totp.ts'
import { createWaiters } from './runner/waiters.ts'
import { Shutdown } from './shutdown.ts'
import { isConfirmingLink } from './trust/confirmation-link.ts'
import { loadInboxProviders } from './utilities/inbox-providers.ts'

/** A running relay. */
export type RunningRelay = {
  /** The ports that are really listened on. */
  readonly ports: { readonly smtp: number; readonly lmtp: number | null; readonly http: number }
  /** Where the admin key was made, if it was. */
  readonly adminKeyPath: string | null
  /** Stops the doors, lets what is under way end, gives back what this process holds, closes the store. */
  close(): Promise<void>
}

/**
 * The only wiring: settings in, running parts out.
 *
 * @throws StoreSetupError, or what a port that is taken throws; whatever was started by then is stopped again
 */
export async function assemble(config: Config, options: BaseOptions = {}): Promise<RunningRelay> {
  const shutdown = new Shutdown()
  try {
    return await start(config, options, shutdown)
  } catch (error) {
    await shutdown.run()
    throw error
  }
}

async function start(config: Config, options: BaseOptions, shutdown: Shutdown): Promise<RunningRelay> {
  const base = await openBase(config, options, shutdown)
  const { store, metrics, wakeup, utilities, node } = base
  let http: HttpServer | undefined
  const publicUrl = () => config.publicUrl || `http://localhost:${http?.port ?? config.httpPort}`
  const twilio = config.twilioAccountSid ? await createTwilioClient(config) : null
  const copies = makeCouriers(config, {
    masterKeys: base.masterKeys,
    publicUrl,
    nameOf: (id) => utilities.current().get(id)?.name,
    smsMessages: twilio?.messages ?? null,
  })
  const intake = createIntake({ maxMessages: config.maxMessagesInFlight, maxAgeMs: STUCK_MS })
  const receiveMessage = takingChecks(store, (message: InboundMessage) =>
    intake.run(() => receive(receiveDeps, message)),
  )

  const waiters = createWaiters({
    store,
    wakeup,
    metrics,
    rules: {
      clockSkewMs: config.clockSkewSeconds * 1000,
      offerCandidates: config.newSenders === 'candidate',
    },
  })
  const receiveDeps = { ...makeReceiveDeps(config, base, copies), offersAt: waiters.offersAt }
  metrics.watch('waiters', 'Runners waiting for a code.', waiters.count)
  const totp = createTotpCodes({ store, metrics })

  const budget = createByteBudget(config.maxBufferedBytes)
  watchQueues(base, config, { budget, inFlight: intake.inFlight })
  const documents = await startDocuments({
    store,
    wakeup,
    utilities: utilities.current,
    settings: config,
    holder: node.holder,
  })
  shutdown.front(() => documents.close())
  const numbers = twilio ? { numbers: twilioNumbers({ client: twilio, publicUrl }) } : {}
  const upkeep = startUpkeep({
    store,
    ...numbers,
    alone: (round) => store.alone('upkeep', round),
  })
  shutdown.front(() => upkeep.stop())
  const app = makeApp({
    ...numbers,
    upkeep,
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
  http = await startHttp({
    app,
    host: config.httpHost,
    port: config.httpPort,
    reservedDescriptors: config.maxClients + OTHER_DESCRIPTORS,
    onRefused: metrics.connectionRefused,
  })
  metrics.watch('http_connections', 'Open HTTP connections.', http.connections)
  metrics.watch('http_connections_limit', 'Beyond it they are refused.', () => http?.limit ?? 0)
  const graceMs = (config.shutdownSeconds * 1000) / 2
  shutdown.front(() => {
    waiters.close()
    totp.close()
    return http?.close(graceMs)
  })

  const doors = await openMailDoors({
    config,
    base,
    copies,
    budget,
    whyFull: intake.whyFull,
    receiveMessage,
    shutdown,
    graceMs,
  })

  // What this process held when it was killed goes out now, not when its leases run out.
  await store.releaseDeliveries(node.holder)
  startBackground({ config, base, copies, receiveMessage, twilio, shutdown })
  const secondLooks = startSecondLooks({
    ...receiveDeps,
    alone: (round) => store.alone('second looks', round),
  })
  shutdown.front(() => secondLooks.stop())
  if (config.confirmForwarding === 'auto') {
    const fetch = options.providerFetch ?? createSafeFetch()
    const confirming = startConfirming({
      store,
      fetch,
      isConfirming: confirmsByPost(),
      alone: (round) => store.alone('confirming', round),
    })
    shutdown.front(() => confirming.stop())
  }
  const ports = { ...doors, http: http.port }
  return { ports, adminKeyPath: base.adminKey.path ?? null, close: () => shutdown.run() }
}

/** What the store, the outbox, DNS and log files need beside the doors. */
const OTHER_DESCRIPTORS = 500
/** Longer than any reading and any pause of a disk that is well: new mail then comes again instead of waiting. */
const STUCK_MS = 30_000

/** What the story of a message is told with. */
function makeReceiveDeps(config: Config, base: Base, copies: CourierSet): ReceiveDeps & SecondLookDeps {
  const { store, wakeup, metrics, readers, utilities } = base
  return {
    store: measuredSave(store, metrics),
    wakeup,
    metrics,
    read: measuredRead(readers, metrics, (id) => utilities.current().has(id)),
    noteDeferral: store.noteDeferral,
    planCopies: copyPlanner({ relayNotices: config.relayNotices }),
    findUtility: (id: string) => utilities.current().get(id),
    canonical: (recipient: string) => canonicalRecipient(recipient, config.mailDomain),
    isOperator: (recipient: string) => operatorAddress(recipient, config.mailDomain) !== null,
    answers: answersTo(store, copies.returnPaths.parse),
    findLoop: findOwnCopies(config, base, copies),
    bills: { findOwner: findBillOwner(store), note: store.noteBillMail, wakeup },
    noteProof: async (summary: MessageSummary, connectionId: string, at: number) => {
      const deliveryId = readProof(copies.returnPaths, config.mailDomain, summary)
      if (deliveryId !== null) await store.noteProof(connectionId, deliveryId, at)
    },
    onStored: base.status.diagnoser.somethingCame,
  }
}

type MailDoorParts = Pick<
  AppParts,
  'config' | 'base' | 'copies' | 'budget' | 'receiveMessage' | 'shutdown'
> & { readonly graceMs: number; readonly whyFull: () => string | null }

/** SMTP, and LMTP where it is wanted; answers the ports that are really listened on. */
async function openMailDoors(parts: MailDoorParts): Promise<{ smtp: number; lmtp: number | null }> {
  const { config, base, copies, budget, whyFull, receiveMessage, shutdown, graceMs } = parts
  const { limits } = base.node
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
      findMailbox: base.store.findMailbox,
      isBillAddress: billAddresses(base.store),
      isReturnPath: (address) => copies.returnPaths.parse(address) !== null,
      guard,
      onRefused: base.status.onRefused,
      whyFull,
      metrics: base.metrics,
      receive: receiveMessage,
    })
  const smtp = await openDoor('smtp', config.smtpPort)
  shutdown.front(() => smtp.close(graceMs))
  const lmtp = config.lmtpPort === null ? null : await openDoor('lmtp', config.lmtpPort)
  if (lmtp) shutdown.front(() => lmtp.close(graceMs))
  return { smtp: smtp.port, lmtp: lmtp?.port ?? null }
}

/** Which links of which providers an empty POST answers. */
function confirmsByPost(): (provider: string, link: string) => boolean {
  const { providers } = loadInboxProviders()
  return (id, link) => {
    const provider = providers.get(id)
    return provider?.confirmation.completion === 'post' && isConfirmingLink(link, provider)
  }
}
