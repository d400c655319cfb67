import { brief, logger, trail } from './logger.ts'

/** What comes in, by mail and by SMS. */
export const incomingEvents = {
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
  messageRepeated: (event: { messageId: string; connectionId: string | null; channel: string }) =>
    logger.info({ event: 'message_repeated', ...event }, 'message seen before, acknowledged'),
  messageUnread: (event: { messageId: string; reason: string }) =>
    logger.warn({ event: 'message_unread', ...event }, 'message stored unread'),
  messageRefused: (event: { door: string; reply: number; why: string }) =>
    logger.warn({ event: 'message_refused', ...event }, 'message refused'),
  recipientRefused: (event: { clientAddress: string | undefined; why: string }) =>
    logger.info({ event: 'recipient_refused', ...event }, 'recipient refused'),
  receiveFailed: (event: { door: string; error: unknown }) =>
    logger.error(
      { event: 'receive_failed', door: event.door, error: brief(event.error), at: trail(event.error) },
      'message not stored, sender told to try again',
    ),
  loopCut: (event: { messageId: string; connectionId: string | null; why: string }) =>
    logger.warn({ event: 'loop_cut', ...event }, 'one of our own copies came back, kept and not read'),
  deferralEnded: (event: { messageId: string }) =>
    logger.warn(
      { event: 'deferral_ended', ...event },
      'DNS was silent for too long, message kept in quarantine',
    ),
  judgedAgain: (event: { messageId: string; verdict: string; hasCode: boolean }) =>
    logger.info({ event: 'judged_again', ...event }, 'message judged again, DNS answered'),

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
  twilioFetched: (event: { messages: number; stored: number }) =>
    logger.info({ event: 'twilio_fetched', ...event }, 'fetched what Twilio kept'),
  twilioFetchFailed: (event: { error: unknown }) =>
    logger.warn({ event: 'twilio_fetch_failed', error: brief(event.error) }, 'could not ask Twilio'),
  numberChecked: (event: { door: string }) =>
    logger.info({ event: 'number_checked', ...event }, 'a test message came to a number of ours'),
}
