import { brief, logger, trail } from './logger.ts'

/** Logins, their codes, and why they break. */
export const loginEvents = {
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
}
