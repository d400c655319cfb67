import { assemble } from '../assemble.ts'
import { type Config, loadConfig } from '../config.ts'
import { Failure } from '../domain/failure.ts'
import { log, startLog } from '../log.ts'
import { collectStartupGarbage } from '../startup-garbage.ts'
import { StoreSetupError } from '../store/errors.ts'
import { CommandError, EXIT } from './exit.ts'

/** A second signal, or a shutdown that hangs for this much longer than it may, ends the process at once. */
const PATIENCE_MS = 1_500

/**
 * Runs the relay until SIGTERM or SIGINT.
 *
 * @throws ConfigError, CommandError (a port that is taken: 69; keys or a store that do not fit: 78)
 */
export async function serve(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = loadConfig(env)
  startLog(config.logLevel)
  const signalled = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
  })
  const relay = await assemble(config, { onFatal: die }).catch((error: unknown) => {
    throw explain(error)
  })
  const { smtp: smtpPort, lmtp: lmtpPort, http: httpPort } = relay.ports
  log.started({ smtpPort, lmtpPort, httpPort, store: nameOfStore(config) })
  collectStartupGarbage()
  if (relay.adminKeyPath) log.adminKeyIn({ path: relay.adminKeyPath })

  const signal = await signalled
  const startedAt = performance.now()
  log.stopping({ signal })
  for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(1))
  setTimeout(() => process.exit(1), config.shutdownSeconds * 1000 + PATIENCE_MS).unref()
  await relay.close()
  log.stopped({ ms: Math.round(performance.now() - startedAt) })
}

/** As the log may know it: the URL of a server holds a password. */
function nameOfStore({ databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>): string {
  if (!databaseUrl || databaseUrl.startsWith('sqlite:')) return databaseUrl || dataDir
  const { protocol, host, pathname } = new URL(databaseUrl)
  return `${protocol}//${host}${pathname}`
}

/** Without its writer the relay can keep nothing; whoever supervises the process starts it again. */
function die(error: Error): never {
  log.fault({ where: 'store', error })
  process.exit(EXIT.software)
}

function explain(error: unknown): unknown {
  if (error instanceof StoreSetupError) return new CommandError(EXIT.config, error.message)
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    const what = code === 'EACCES' ? 'may not be taken by this user' : 'is taken by another program'
    return new CommandError(EXIT.unavailable, `${address}:${port} ${what}; mfa-relay doctor says more`)
  }
  if (isDiskTrouble(error)) {
    const why = `the store cannot be written: ${error.message}`
    return new CommandError(EXIT.unavailable, `${why}; mfa-relay doctor says more`)
  }
  return error
}

/** The disk refused: full, read-only or failing. Nothing is wrong with us, and another start may succeed. */
function isDiskTrouble(error: unknown): error is Error {
  if (error instanceof Failure) return error.code === 'unavailable'
  // By its text: an error that comes from a thread of the store has lost its `code`.
  return error instanceof Error && /^(ENOSPC|EDQUOT|EFBIG|EROFS|EIO)\b/.test(error.message)
}
