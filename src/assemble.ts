import type { AppParts } from './assemble/app.ts'
import { startBackground } from './assemble/background.ts'
import { type Base, type BaseOptions, openBase } from './assemble/base.ts'
import { openCodes } from './assemble/codes.ts'
import { openHttp } from './assemble/http.ts'
import { openMailDoors } from './assemble/mail-doors.ts'
import { watchQueues } from './assemble/measured.ts'
import { openReceiving } from './assemble/receiving.ts'
import { startDocuments } from './collection/documents/start.ts'
import type { Config } from './config.ts'
import type { HttpServer } from './http/server.ts'
import { createByteBudget } from './inbound/byte-budget.ts'
import { twilioNumbers } from './inbound/sms/numbers.ts'
import { createTwilioClient } from './inbound/sms/twilio-client.ts'
import { makeCouriers } from './outbox/couriers.ts'
import { startUpkeep } from './provisioning/upkeep.ts'
import { Shutdown } from './shutdown.ts'

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
  const { store, utilities, node } = base
  let http: HttpServer | undefined
  const publicUrl = () => config.publicUrl || `http://localhost:${http?.port ?? config.httpPort}`
  const twilio = config.twilioAccountSid ? await createTwilioClient(config) : null
  const copies = makeCouriers(config, {
    masterKeys: base.masterKeys,
    publicUrl,
    nameOf: (id) => utilities.current().get(id)?.name,
    smsMessages: twilio?.messages ?? null,
  })
  const { waiters, totp } = openCodes(config, base)
  const { receiveMessage, receiveDeps, intake } = openReceiving({ config, base, copies, waiters })
  const budget = createByteBudget(config.maxBufferedBytes)
  watchQueues(base, config, { budget, inFlight: intake.inFlight })
  const parts = {
    ...{ config, base, copies, waiters, totp, receiveMessage, twilio, publicUrl, budget, shutdown },
    documents: await openDocuments(config, base, shutdown),
    ...openNumbers({ base, twilio, publicUrl, shutdown }),
  }
  http = await openHttp(parts)
  const doors = await openMailDoors({ ...parts, whyFull: intake.whyFull })

  // What this process held when it was killed goes out now, not when its leases run out.
  await store.releaseDeliveries(node.holder)
  startBackground({ ...parts, ...options, receiveDeps })
  const ports = { ...doors, http: http.port }
  return { ports, adminKeyPath: base.adminKey.path ?? null, close: () => shutdown.run() }
}

async function openDocuments(config: Config, { store, wakeup, utilities, node }: Base, shutdown: Shutdown) {
  const documents = await startDocuments({
    store,
    wakeup,
    utilities: utilities.current,
    settings: config,
    holder: node.holder,
  })
  shutdown.front(() => documents.close())
  return documents
}

type NumberParts = Pick<AppParts, 'base' | 'twilio' | 'publicUrl' | 'shutdown'>

/** Buys phone numbers, where Twilio is set up, and brings to an end what is owed. */
function openNumbers({ base, twilio, publicUrl, shutdown }: NumberParts) {
  const { store } = base
  const numbers = twilio ? { numbers: twilioNumbers({ client: twilio, publicUrl }) } : {}
  const upkeep = startUpkeep({
    store,
    ...numbers,
    alone: (round) => store.alone('upkeep', round),
  })
  shutdown.front(() => upkeep.stop())
  return { ...numbers, upkeep }
}
