import type { Page, PageRequest } from '../domain/page.ts'
import type { TestLogin, TestLoginFacts } from '../domain/test-login.ts'
import type { Idempotency } from './attempt-store.ts'

/* The part of the store's port that is about logins which somebody asks for, to see how far a code comes. */

export type TestLoginStore = {
  /**
   * Asks for a test login; audited as `test_login.asked`. Until `expiresAt` the next lease that may have it takes it,
   * whenever its connection is due otherwise, or an attempt with the purpose `test_login`.
   *
   * @throws Failure `not_found`, `conflict` (details.testId) while one is open, `too_many_requests` while so many of the
   *   company wait, `idempotency_key_reused`
   */
  askTestLogin(test: TestLogin, idempotency?: Idempotency): Promise<TestLogin>
  /** Newest first, each with what there is to say how far it came. */
  listTestLogins(connectionId: string, page: PageRequest): Promise<Page<TestLoginFacts>>
}
