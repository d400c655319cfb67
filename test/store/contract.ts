import { afterAll, beforeAll, describe } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { adminContract } from './contract/admin.ts'
import { attemptContract } from './contract/attempts.ts'
import { bounceContract } from './contract/bounces.ts'
import { claimOrderContract } from './contract/claim-order.ts'
import { claimContract } from './contract/claims.ts'
import { documentContract } from './contract/documents.ts'
import { eventDeliveryContract } from './contract/event-deliveries.ts'
import { eventContract } from './contract/events.ts'
import { inboundContract } from './contract/inbound.ts'
import { lifeContract } from './contract/lives.ts'
import { noticeMailContract } from './contract/notice-mails.ts'
import { noticeContract } from './contract/notices.ts'
import { outboxContract } from './contract/outbox.ts'
import { provisioningContract } from './contract/provisioning.ts'
import { releaseContract } from './contract/release.ts'
import { retentionContract } from './contract/retention.ts'
import { seenContract } from './contract/seen.ts'
import { smsReportContract } from './contract/sms-reports.ts'
import { statusContract } from './contract/status.ts'
import { webhookContract } from './contract/webhooks.ts'

/** A store for tests; each suite opens one and shares it between its cases. */
export type TestStore = {
  readonly store: Store
  /** Closes it and opens it again on the same data. */
  reopen(): Promise<Store>
  /** Closes it and removes its data. */
  remove(): Promise<void>
}

/** How a suite gets at the store: only inside of cases, as it is opened before the first. */
export type UseStore = () => TestStore

/** What every store promises (docs/flow.md), whatever keeps the data; and what this one promises beyond. */
export function storeContract(
  name: string,
  open: () => Promise<TestStore>,
  more: Readonly<Record<string, (use: UseStore) => void>> = {},
): void {
  const suites = {
    'what comes in': inboundContract,
    'what is released': releaseContract,
    claims: claimContract,
    'the order of claims': claimOrderContract,
    attempts: attemptContract,
    'what is seen': seenContract,
    provisioning: provisioningContract,
    'tests and typed codes': lifeContract,
    'copies that are due': outboxContract,
    'copies that came back': bounceContract,
    'what is told of texts': smsReportContract,
    documents: documentContract,
    events: eventContract,
    'events on their way': eventDeliveryContract,
    endpoints: webhookContract,
    'telling people': noticeContract,
    'mails to people': noticeMailContract,
    retention: retentionContract,
    statuses: statusContract,
    'keys and audit': adminContract,
    ...more,
  }
  for (const [title, suite] of Object.entries(suites)) {
    describe(`${name}: ${title}`, () => {
      let opened: TestStore
      beforeAll(async () => {
        opened = await open()
      })
      afterAll(() => opened.remove())
      suite(() => opened)
    })
  }
}
