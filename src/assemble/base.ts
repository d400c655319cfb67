import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { ReaderSettings } from '../assemble-worker.ts'
import { type Config, isManyNodes } from '../config.ts'
import { templateReason } from '../extract/template.ts'
import { createMetrics } from '../http/metrics.ts'
import type { SafeFetch } from '../http/safe-fetch.ts'
import { createReaderPool, type ReaderPool } from '../inbound/reader-pool.ts'
import { refusalCounter } from '../inbound/refusals.ts'
import { log } from '../log.ts'
import type { Shutdown } from '../shutdown.ts'
import { startDiagnoser } from '../status/after-login.ts'
import { loadAdminKey, loadSharedAdminKey } from '../store/admin-key.ts'
import { loadMasterKeys } from '../store/master-key.ts'
import type { Store } from '../store/store.ts'
import { loadInboxProviders, providerOf } from '../utilities/inbox-providers.ts'
import { BUILT_IN_UTILITIES, loadUtilities } from '../utilities/load.ts'
import { formatProblem } from '../utilities/problem.ts'
import { type UtilitiesWatch, watchUtilities } from '../utilities/watch.ts'
import { announcing } from './events.ts'
import { openNode } from './nodes.ts'
import { openStore } from './store.ts'

export type BaseOptions = {
  /** The store's writer died: nothing can be kept any more, and the process should end. */
  readonly onFatal?: (error: Error) => void
  /** How mail providers are answered; default: over HTTPS, to public addresses only. */
  readonly providerFetch?: SafeFetch
}

/** Everything that the doors, the API and the outbox stand on. */
export async function openBase(config: Config, { onFatal }: BaseOptions, shutdown: Shutdown) {
  mkdirSync(config.dataDir, { recursive: true })
  const masterKeys = loadMasterKeys(config)
  const opened = await openStore(config, onFatal ? { onFatal } : {})
  shutdown.back(() => opened.close())
  const adminKey = isManyNodes(config) ? await loadSharedAdminKey(config, opened) : loadAdminKey(config)
  const metrics = createMetrics()
  const node = openNode(config, metrics, shutdown)
  const store = announcing(opened, node.wakeup)
  const { utilities, readers } = await openReading(config, shutdown)
  const status = openStatus(store, utilities, shutdown)
  return { masterKeys, adminKey, store, metrics, node, wakeup: node.wakeup, utilities, readers, status }
}
export type Base = Awaited<ReturnType<typeof openBase>>

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
  const definitions = {
    builtInDir: BUILT_IN_UTILITIES,
    operatorDir: config.utilitiesDir || undefined,
    checkTemplate: templateReason,
  }
  const complain = (problems: Parameters<typeof formatProblem>[0][]) => {
    for (const problem of problems) log.utilityProblem({ problem: formatProblem(problem) })
  }
  const loaded = loadUtilities(definitions)
  complain([...loaded.problems])
  log.utilitiesLoaded({ count: loaded.utilities.size, problems: loaded.problems.length })
  const readers = await createReaderPool({
    workers: config.readWorkers,
    // Beside the readers run the main thread and the writer.
    spareHelps: availableParallelism() >= config.readWorkers + 3,
    deadlineMs: config.readDeadlineMs,
    entry: new URL(
      import.meta.url.endsWith('.ts') ? '../assemble-worker.ts' : '../assemble-worker.js',
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
    ...definitions,
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
