import { type DestinationStream, type Logger, pino } from 'pino'

/*
 * One function per named event, so that a code or a body has no parameter to slip into. Ids, counts, durations
 * and domains only.
 */

let logger: Logger = pino({ level: 'silent' })

/** Sets where events go; called once by the program's entry (and by worker threads). Level as pino names them. */
export function startLog(level: string, destination?: DestinationStream): void {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  logger = destination ? pino(options, destination) : pino(options)
}

/** Name and message of an error; never its cause chain or properties, which may carry what was parsed. */
const brief = (error: unknown): { name: string; message: string } =>
  error instanceof Error
    ? { name: error.name, message: error.message.slice(0, 300) }
    : { name: 'unknown', message: String(error).slice(0, 300) }

const trail = (error: unknown): string | undefined =>
  error instanceof Error ? error.stack?.split('\n').slice(1, 6).join('\n') : undefined

export const log = {
  started: (event: { smtpPort: number; lmtpPort: number | null; httpPort: number; store: string }) =>
    logger.info({ event: 'started', ...event }, 'relay started'),
  adminKeyIn: (event: { path: string }) =>
    logger.info({ event: 'admin_key_in', ...event }, 'the admin key is in a file'),
  stopping: (event: { signal: string }) => logger.info({ event: 'stopping', ...event }, 'stopping'),
  stopped: (event: { ms: number }) => logger.info({ event: 'stopped', ...event }, 'stopped'),
  settingOff: (event: { part: string; why: string }) =>
    logger.info({ event: 'setting_off', ...event }, 'an optional part is off'),

  messageStored: (event: {
    messageId: string
    connectionId: string | null
    channel: string
    door: string
    verdict: string
    extraction: string
    rule?: string
    copies: number
    ms: number
  }) => logger.info({ event: 'message_stored', ...event }, 'message stored'),
  loopCut: (event: { messageId: string; connectionId: string | null; why: string }) =>
    logger.warn({ event: 'loop_cut', ...event }, 'one of our own copies came back, kept and not read'),
  deferralEnded: (event: { messageId: string }) =>
    logger.warn(
      { event: 'deferral_ended', ...event },
      'DNS was silent for too long, message kept in quarantine',
    ),
  judgedAgain: (event: { messageId: string; verdict: string; hasCode: boolean }) =>
    logger.info({ event: 'judged_again', ...event }, 'message judged again, DNS answered'),
  messageRepeated: (event: { messageId: string; connectionId: string | null; channel: string }) =>
    logger.info({ event: 'message_repeated', ...event }, 'message seen before, acknowledged'),
  messageUnread: (event: { messageId: string; reason: string }) =>
    logger.warn({ event: 'message_unread', ...event }, 'message stored unread'),
  recipientRefused: (event: { clientAddress: string | undefined; why: string }) =>
    logger.info({ event: 'recipient_refused', ...event }, 'recipient refused'),
  messageRefused: (event: { door: string; reply: number; why: string }) =>
    logger.warn({ event: 'message_refused', ...event }, 'message refused'),
  receiveFailed: (event: { door: string; error: unknown }) =>
    logger.error(
      { event: 'receive_failed', door: event.door, error: brief(event.error), at: trail(event.error) },
      'message not stored, sender told to try again',
    ),
  smtpError: (event: { error: unknown; clientAddress?: string | undefined }) =>
    logger.debug(
      { event: 'smtp_error', error: brief(event.error), clientAddress: event.clientAddress },
      'SMTP connection failed',
    ),
  parserFailed: (event: { messageId: string; error: unknown }) =>
    logger.warn(
      { event: 'parser_failed', messageId: event.messageId, error: brief(event.error) },
      'message could not be parsed',
    ),
  extractorFailed: (event: { utility: string; error: unknown }) =>
    logger.error(
      {
        event: 'extractor_failed',
        utility: event.utility,
        error: brief(event.error),
        at: trail(event.error),
      },
      'extractor threw',
    ),
  workerKilled: (event: { worker: string; why: string; messageId: string | null }) =>
    logger.warn({ event: 'worker_killed', ...event }, 'worker thread replaced'),

  certificateReloaded: (event: { file: string }) =>
    logger.info({ event: 'certificate_reloaded', ...event }, 'certificate for STARTTLS replaced'),
  certificateRefused: (event: { file: string; error: unknown }) =>
    logger.error(
      { event: 'certificate_refused', file: event.file, error: brief(event.error) },
      'certificate for STARTTLS not used, the former stays',
    ),

  twilioRefused: (event: { why: string }) =>
    logger.warn({ event: 'twilio_refused', ...event }, 'Twilio request refused'),
  twilioIgnored: (event: { why: string; sid: string }) =>
    logger.warn({ event: 'twilio_ignored', ...event }, 'text message acknowledged and not kept'),
  numberChecked: (event: { door: string }) =>
    logger.info({ event: 'number_checked', ...event }, 'a test message came to a number of ours'),
  twilioFetched: (event: { messages: number; stored: number }) =>
    logger.info({ event: 'twilio_fetched', ...event }, 'fetched what Twilio kept'),
  twilioFetchFailed: (event: { error: unknown }) =>
    logger.warn({ event: 'twilio_fetch_failed', error: brief(event.error) }, 'could not ask Twilio'),

  testLoginAsked: (event: { testId: string; connectionId: string }) =>
    logger.info({ event: 'test_login_asked', ...event }, 'test login asked for'),
  attemptOpened: (event: { attemptId: string; connectionId: string; purpose: string }) =>
    logger.info({ event: 'attempt_opened', ...event }, 'attempt opened'),
  attemptClosed: (event: {
    attemptId: string
    connectionId: string
    status: string | null
    code: string | null
  }) => logger.info({ event: 'attempt_closed', ...event }, 'attempt closed'),
  codeTyped: (event: { codeId: string; attemptId: string; connectionId: string; actor: string }) =>
    logger.info({ event: 'code_typed', ...event }, 'code typed in by hand'),
  codeClaimed: (event: { attemptId: string; codeId: string; waitedMs: number; verdict: string }) =>
    logger.info({ event: 'code_claimed', ...event }, 'code claimed'),

  deliverySent: (event: { deliveryId: string; courier: string; tries: number; ms: number }) =>
    logger.info({ event: 'delivery_sent', ...event }, 'copy sent'),
  deliveryRetried: (event: {
    deliveryId: string
    courier: string
    tries: number
    error: string
    inSeconds: number
  }) => logger.warn({ event: 'delivery_retried', ...event }, 'copy failed for now'),
  deliveryFailed: (event: { deliveryId: string; courier: string; tries: number; error: string }) =>
    logger.error({ event: 'delivery_failed', ...event }, 'copy failed for good'),
  deliveryBounced: (event: { deliveryId: string; kind: string; status: string | null; stopped: boolean }) =>
    logger.warn({ event: 'delivery_bounced', ...event }, 'copy came back'),
  eventSent: (event: {
    deliveryId: string
    webhookId: string
    tries: number
    statusCode: number | null
    ms: number
  }) => logger.info({ event: 'event_sent', ...event }, 'event sent'),
  eventFailed: (event: {
    deliveryId: string
    webhookId: string
    tries: number
    statusCode: number | null
    ms: number
    error: string | null
    inSeconds: number | null
  }) => logger.warn({ event: 'event_failed', ...event }, 'event not taken by its endpoint'),
  webhookDisabled: (event: { webhookId: string; error: string | null }) =>
    logger.warn({ event: 'webhook_disabled', ...event }, 'endpoint disabled: it only failed'),
  noticeMail: (event: {
    mailId: string
    result: string
    items: number
    tries: number
    error: string | null
  }) => logger.info({ event: 'notice_mail', ...event }, 'mail to tell somebody what needs them'),
  outboxFailed: (event: { error: unknown }) =>
    logger.error({ event: 'outbox_failed', error: brief(event.error) }, 'outbox round failed'),

  connectionCreated: (event: { connectionId: string; companyId: string; utility: string }) =>
    logger.info({ event: 'connection_created', ...event }, 'connection created'),
  companyErased: (event: { companyId: string; steps: number; ms: number }) =>
    logger.info({ event: 'company_erased', ...event }, 'all data of a company is gone'),
  erasureBegun: (event: { companyId: string; actor: string }) =>
    logger.warn({ event: 'erasure_begun', ...event }, 'the data of a company is being removed for good'),
  connectionRemoved: (event: { connectionId: string; actor: string }) =>
    logger.info({ event: 'connection_removed', ...event }, 'connection offboarded'),
  mfaConfigured: (event: { connectionId: string; method: string; recipients: number; actor: string }) =>
    logger.info({ event: 'mfa_configured', ...event }, 'way of codes configured'),
  forwardingAnswered: (event: {
    connectionId: string
    messageId: string
    provider: string
    result: string
  }) => logger.info({ event: 'forwarding_answered', ...event }, 'answered whether mail may be forwarded'),
  numberNotReleased: (event: { providerSid: string; lastDigits: string; error: unknown }) =>
    logger.error(
      {
        event: 'number_not_released',
        providerSid: event.providerSid,
        lastDigits: event.lastDigits,
        error: brief(event.error),
      },
      'a number that is no longer used could not be given back; it is tried again',
    ),

  loginDiagnosed: (event: { connectionId: string; cause: string }) =>
    logger.info({ event: 'login_diagnosed', ...event }, 'found out why a login broke'),
  diagnosisFailed: (event: { error: unknown }) =>
    logger.warn(
      { event: 'diagnosis_failed', error: brief(event.error), at: trail(event.error) },
      'could not find out why a login broke',
    ),
  refusalNotCounted: (event: { error: unknown }) =>
    logger.warn({ event: 'refusal_not_counted', error: brief(event.error) }, 'a refusal was not counted'),
  investigated: (event: { connectionId: string; open: boolean; actor: string }) =>
    logger.info({ event: 'investigated', ...event }, 'investigation begun or ended'),
  companySettled: (event: { companyId: string; isActive: boolean; connections: number }) =>
    logger.info({ event: 'company_settled', ...event }, 'company deactivated or reactivated'),

  billMailTaken: (event: {
    messageId: string
    companyId: string
    result: string
    documents: number
    ignored: number
  }) => logger.info({ event: 'bill_mail_taken', ...event }, 'documents taken from mail'),
  documentJobCreated: (event: { jobId: string; companyId: string; documents: number }) =>
    logger.info({ event: 'document_job_created', ...event }, 'documents to read'),
  documentStored: (event: {
    documentId: string
    jobId: string
    companyId: string
    result: string
    utility: string | null
    pages: number | null
  }) => logger.info({ event: 'document_stored', ...event }, 'document kept'),
  documentFailed: (event: { jobId: string; reason: string }) =>
    logger.warn({ event: 'document_failed', ...event }, 'document not taken'),

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
  utilitiesLoaded: (event: { count: number; problems: number }) =>
    logger.info({ event: 'utilities_loaded', ...event }, 'utility definitions loaded'),
  utilityProblem: (event: { problem: string }) =>
    logger.error({ event: 'utility_problem', ...event }, 'utility definition not used'),

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
