import { readFileSync } from 'node:fs'
import { MAX_UPLOAD_BYTES, UPLOAD_PATH } from '../collection/documents/routes.ts'
import type { startDocuments } from '../collection/documents/start.ts'
import { leaseRoutes } from '../collection/leases/routes.ts'
import { type Config, PACKAGE_ROOT } from '../config.ts'
import type { Extraction } from '../domain/extraction.ts'
import type { InboundMessage } from '../domain/message.ts'
import { webhookRoutes } from '../events/webhook-routes.ts'
import { createApp } from '../http/app.ts'
import { createAuth } from '../http/auth.ts'
import { EXTRACT_PATH, extractRoutes } from '../http/extract-route.ts'
import { healthRoutes } from '../http/health.ts'
import { type ByteBudget, createByteBudget } from '../inbound/byte-budget.ts'
import { MIME_UPLOAD_PATH, mimeUploadRoutes } from '../inbound/mime-upload.ts'
import { reportRoute } from '../inbound/sms/report-route.ts'
import { twilioRoutes } from '../inbound/sms/routes.ts'
import type { TwilioClient } from '../inbound/sms/twilio-client.ts'
import type { CourierSet } from '../outbox/couriers.ts'
import { textSender } from '../outbox/sms/text-sender.ts'
import { utilityName } from '../outbox/wording.ts'
import { noticePages } from '../pages/notice-pages.ts'
import { pageRoutes } from '../pages/routes.ts'
import type { NumberProvider } from '../provisioning/ports.ts'
import { provisioningRoutes } from '../provisioning/routes.ts'
import type { Upkeep } from '../provisioning/upkeep.ts'
import { runnerRoutes } from '../runner/routes.ts'
import type { TotpCodes } from '../runner/totp.ts'
import type { Waiters } from '../runner/waiters.ts'
import type { Shutdown } from '../shutdown.ts'
import { explainLoginOf, ladderOf } from '../status/options.ts'
import { statusRoutes } from '../status/status-routes.ts'
import { triageRoutes } from '../status/triage-routes.ts'
import { nearest } from '../utilities/nearest.ts'
import { ANY_TOPIC, KEYS_TOPIC } from '../wakeup/wakeup.ts'
import type { Base } from './base.ts'
import { billAddresses } from './bill-addresses.ts'
import { webhookReach } from './events.ts'

export type AppParts = {
  readonly config: Config
  readonly base: Base
  readonly copies: CourierSet
  readonly waiters: Waiters
  readonly totp: TotpCodes
  readonly documents: Awaited<ReturnType<typeof startDocuments>>
  readonly receiveMessage: (message: InboundMessage) => Promise<unknown>
  readonly twilio: TwilioClient | null
  /** Absent: no numbers can be bought. */
  readonly numbers?: NumberProvider
  readonly upkeep: Upkeep
  readonly publicUrl: () => string
  readonly budget: ByteBudget
  readonly shutdown: Shutdown
}

/** The API, the pages and the webhooks. */
export function makeApp(parts: AppParts) {
  const { config, base, copies, waiters, totp, shutdown } = parts
  const { store, metrics, wakeup, utilities } = base
  const auth = createAuth({ store, adminKeyHash: base.adminKey.hash })
  // A key that was revoked on another node, too, is refused at once.
  shutdown.back(
    wakeup.subscribe((topic) => {
      if (topic === KEYS_TOPIC || topic === ANY_TOPIC) auth.forget()
    }),
  )
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
        explainLogin: explainLoginOf(base.status.triage),
        providerOf: base.status.triage.providerOf,
        utilities: book,
        settings: config,
        forgetKeys: () => wakeup.notify(KEYS_TOPIC),
        ...(parts.twilio && config.smsFrom
          ? { sendText: textSender(parts.twilio.messages, config.smsFrom) }
          : {}),
        ...(parts.numbers ? { numbers: parts.numbers } : {}),
        upkeep: parts.upkeep,
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
      webhookRoutes({ store, reach: webhookReach(config) }),
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
      noticePages({
        store,
        readLink: (token) => {
          const link = copies.links.read('notices', token, 0)
          return link.kind === 'valid' ? link.recipientId : null
        },
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
  const door = {
    findMailbox: store.findMailbox,
    isReturnPath,
    isBillAddress: billAddresses(store),
    onRefused,
    receive: receiveMessage,
  }
  return [
    twilioRoutes({
      ...door,
      account,
      publicUrl,
      smsFrom: config.smsFrom,
      stopPhone: store.stopPhone,
      startPhone: store.startPhone,
    }),
    reportRoute({ account, publicUrl, noteSmsReport: store.noteSmsReport }),
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
