import { brief, logger } from './logger.ts'

/** Companies, connections, and how their codes come. */
export const provisioningEvents = {
  companySettled: (event: { companyId: string; isActive: boolean; connections: number }) =>
    logger.info({ event: 'company_settled', ...event }, 'company deactivated or reactivated'),
  companyErased: (event: { companyId: string; steps: number; ms: number }) =>
    logger.info({ event: 'company_erased', ...event }, 'all data of a company is gone'),
  erasureBegun: (event: { companyId: string; actor: string }) =>
    logger.warn({ event: 'erasure_begun', ...event }, 'the data of a company is being removed for good'),
  connectionCreated: (event: { connectionId: string; companyId: string; utility: string }) =>
    logger.info({ event: 'connection_created', ...event }, 'connection created'),
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
}
