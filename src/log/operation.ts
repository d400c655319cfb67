import { brief, logger, trail } from './logger.ts'

/** How the relay itself runs. */
export const operationEvents = {
  started: (event: { smtpPort: number; lmtpPort: number | null; httpPort: number; store: string }) =>
    logger.info({ event: 'started', ...event }, 'relay started'),
  adminKeyIn: (event: { path: string }) =>
    logger.info({ event: 'admin_key_in', ...event }, 'the admin key is in a file'),
  stopping: (event: { signal: string }) => logger.info({ event: 'stopping', ...event }, 'stopping'),
  stopped: (event: { ms: number }) => logger.info({ event: 'stopped', ...event }, 'stopped'),
  settingOff: (event: { part: string; why: string }) =>
    logger.info({ event: 'setting_off', ...event }, 'an optional part is off'),

  utilitiesLoaded: (event: { count: number; problems: number }) =>
    logger.info({ event: 'utilities_loaded', ...event }, 'utility definitions loaded'),
  utilityProblem: (event: { problem: string }) =>
    logger.error({ event: 'utility_problem', ...event }, 'utility definition not used'),
  masterKeysRetired: (event: { keyIds: readonly string[]; rows: number; ms: number }) =>
    logger.info(
      { event: 'master_keys_retired', ...event },
      'nothing is sealed under the old master keys any more: take them out of MASTER_KEY',
    ),
  masterKeysNeeded: (event: { keyIds: readonly string[]; broken: number }) =>
    logger.error(
      { event: 'master_keys_needed', ...event },
      'some of what is sealed opens under no key: the old master keys are kept',
    ),
  purged: (event: {
    codes: number
    bodies: number
    documents: number
    events: number
    notices: number
    idempotency: number
    ms: number
  }) => logger.info({ event: 'purged', ...event }, 'retention removed what was due'),
  purgeFailed: (event: { error: unknown }) =>
    logger.error({ event: 'purge_failed', error: brief(event.error) }, 'purge failed'),

  connectionsRefused: (event: { count: number; limit: number; open: number }) =>
    logger.warn(
      { event: 'connections_refused', ...event },
      'more HTTP connections than file descriptors allow: raise the limit (ulimit -n) or add a node',
    ),
  requestFailed: (event: { method: string; route: string; requestId: string; error: unknown }) =>
    logger.error(
      {
        event: 'request_failed',
        method: event.method,
        route: event.route,
        requestId: event.requestId,
        error: brief(event.error),
        at: trail(event.error),
      },
      'request failed',
    ),
  requestServed: (event: {
    method: string
    route: string
    status: number
    ms: number
    keyId: string | null
  }) => logger.debug({ event: 'request_served', ...event }, 'request served'),
  wakeupsLost: () =>
    logger.error(
      { event: 'wakeups_lost' },
      'hints of other nodes do not arrive: codes are found by slow polling',
    ),
  wakeupsBack: () => logger.info({ event: 'wakeups_back' }, 'hints of other nodes arrive again'),
  nodeSilent: (event: { node: string }) =>
    logger.warn({ event: 'node_silent', ...event }, 'another node fell silent without a goodbye'),
  redisTrouble: (event: { error: unknown }) =>
    logger.warn({ event: 'redis_trouble', error: brief(event.error) }, 'no connection to Redis'),
  fault: (event: { where: string; error: unknown }) =>
    logger.error(
      { event: 'fault', where: event.where, error: brief(event.error), at: trail(event.error) },
      'unexpected fault',
    ),
}
