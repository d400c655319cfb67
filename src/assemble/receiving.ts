import { canonicalRecipient } from '../domain/mailbox.ts'
import type { InboundMessage } from '../domain/message.ts'
import type { MessageSummary } from '../domain/reading.ts'
import { answersTo } from '../inbound/answers.ts'
import { createIntake, type Intake } from '../inbound/intake.ts'
import { operatorAddress } from '../inbound/recipients.ts'
import { takingChecks } from '../inbound/sms/number-check.ts'
import { readProof } from '../outbox/email/proof.ts'
import { copyPlanner } from '../outbox/plan.ts'
import type { SecondLookDeps } from '../receive/second-look.ts'
import { type ReceiveDeps, receive } from '../receive.ts'
import type { AppParts } from './app.ts'
import { findBillOwner } from './bill-addresses.ts'
import { measuredRead, measuredSave } from './measured.ts'
import { findOwnCopies } from './own-copies.ts'

type ReceivingParts = Pick<AppParts, 'config' | 'base' | 'copies' | 'waiters'>

/** Longer than any reading and any pause of a disk that is well: new mail then comes again instead of waiting. */
const STUCK_MS = 30_000

/** What all doors hand messages to, and what the story of a message is told with. */
export function openReceiving(parts: ReceivingParts): {
  receiveMessage: AppParts['receiveMessage']
  intake: Intake
  receiveDeps: ReceiveDeps & SecondLookDeps
} {
  const { config, base, waiters } = parts
  const receiveDeps = { ...makeReceiveDeps(parts), offersAt: waiters.offersAt }
  const intake = createIntake({ maxMessages: config.maxMessagesInFlight, maxAgeMs: STUCK_MS })
  const receiveMessage = takingChecks(base.store, (message: InboundMessage) =>
    intake.run(() => receive(receiveDeps, message)),
  )
  return { receiveMessage, intake, receiveDeps }
}

function makeReceiveDeps({ config, base, copies }: ReceivingParts): ReceiveDeps & SecondLookDeps {
  const { store, wakeup, metrics, readers, utilities } = base
  return {
    store: measuredSave(store, metrics),
    wakeup,
    metrics,
    read: measuredRead(readers, metrics, (id) => utilities.current().has(id)),
    noteDeferral: store.noteDeferral,
    planCopies: copyPlanner({ relayNotices: config.relayNotices }),
    findUtility: (id: string) => utilities.current().get(id),
    canonical: (recipient: string) => canonicalRecipient(recipient, config.mailDomain),
    isOperator: (recipient: string) => operatorAddress(recipient, config.mailDomain) !== null,
    answers: answersTo(store, copies.returnPaths.parse),
    findLoop: findOwnCopies(config, base, copies),
    bills: { findOwner: findBillOwner(store), note: store.noteBillMail, wakeup },
    noteProof: async (summary: MessageSummary, connectionId: string, at: number) => {
      const deliveryId = readProof(copies.returnPaths, config.mailDomain, summary)
      if (deliveryId !== null) await store.noteProof(connectionId, deliveryId, at)
    },
    onStored: base.status.diagnoser.somethingCame,
  }
}
