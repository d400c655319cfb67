import { brief, logger } from './logger.ts'

/** What goes out: copies, events to endpoints, mail to people. */
export const outgoingEvents = {
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
  noticeBounced: (event: { mailId: string; kind: string; status: string | null; stopped: boolean }) =>
    logger.warn({ event: 'notice_bounced', ...event }, 'mail to somebody came back'),
  outboxFailed: (event: { error: unknown }) =>
    logger.error({ event: 'outbox_failed', error: brief(event.error) }, 'outbox round failed'),
}
