import { answerWrites } from './answers.ts'
import { apiKeyReads, apiKeyWrites } from './api-keys.ts'
import { askAgain } from './ask-recipient.ts'
import { attemptWrites } from './attempts.ts'
import { auditReads, auditWrites } from './audit.ts'
import { billMailReads, billMailWrites } from './bill-mail.ts'
import { bounceReads, bounceWrites } from './bounces.ts'
import { companyReads, companyWrites } from './companies.ts'
import { connectionReads, connectionWrites } from './connections.ts'
import { deliveryReads, deliveryWrites } from './deliveries.ts'
import { itemReads, itemWrites } from './document-items.ts'
import { jobReads, jobWrites } from './document-jobs.ts'
import { documentReads, documentWrites } from './documents.ts'
import { erasureReads, erasureWrites } from './erasure.ts'
import { eventWrites } from './event-deliveries.ts'
import { eventReads } from './event-reads.ts'
import { replayWrites } from './event-replays.ts'
import { exportReads } from './export.ts'
import { loadFacts } from './facts.ts'
import { handshakeReads, handshakeWrites } from './handshakes.ts'
import { leaseWrites } from './leases.ts'
import { loginPlanReads } from './login-plan.ts'
import { mailboxReads, mailboxWrites } from './mailboxes.ts'
import { messageReads } from './messages.ts'
import { mfaReads, mfaWrites } from './mfa.ts'
import { noticeBounceWrites } from './notice-bounces.ts'
import { noticeMailReads, noticeMailWrites } from './notice-mails.ts'
import { noticePlanning } from './notice-plan.ts'
import { numberCheckReads, numberCheckWrites } from './number-checks.ts'
import { numberReleaseReads, numberReleaseWrites } from './number-releases.ts'
import { offboarding } from './offboarding.ts'
import { pinReads, pinWrites } from './pinned-senders.ts'
import { recipientReads, recipientWrites } from './recipients.ts'
import { refusalWrites } from './refusals.ts'
import { messageWrites } from './release.ts'
import { ruleReads } from './rules.ts'
import { secondLookReads, secondLookWrites } from './second-looks.ts'
import { seenReads } from './seen.ts'
import { statusWrites } from './status.ts'
import { statusReads } from './status-lists.ts'
import { testLoginReads } from './test-login-reads.ts'
import { testLoginWrites } from './test-logins.ts'
import { totpReads, totpWrites } from './totp.ts'
import { typedCodeWrites } from './typed-codes.ts'
import { webhookReads, webhookWrites } from './webhooks.ts'
import { writable } from './writable.ts'

/* The store's methods, the same for every database; only the hot path is written for each. */

/** Methods that write: each needs a transaction (or a savepoint) of its own. */
export const writes = {
  ...answerWrites,
  ...apiKeyWrites,
  ...askAgain,
  ...attemptWrites,
  ...auditWrites,
  ...billMailWrites,
  ...bounceWrites,
  ...companyWrites,
  ...connectionWrites,
  ...deliveryWrites,
  ...documentWrites,
  ...eventWrites,
  ...erasureWrites,
  ...handshakeWrites,
  ...itemWrites,
  ...jobWrites,
  ...leaseWrites,
  ...mailboxWrites,
  ...messageWrites,
  ...mfaWrites,
  ...numberCheckWrites,
  ...numberReleaseWrites,
  ...noticeBounceWrites,
  ...noticeMailWrites,
  ...noticePlanning,
  ...offboarding,
  ...pinWrites,
  ...recipientWrites,
  ...secondLookWrites,
  ...refusalWrites,
  ...replayWrites,
  ...statusWrites,
  ...testLoginWrites,
  ...totpWrites,
  ...typedCodeWrites,
  ...webhookWrites,
  ...writable,
}

/** Methods that read one row, in one statement. */
export const rowReads = {
  findBillOwner: billMailReads.findBillOwner,
  findApiKey: apiKeyReads.findApiKey,
  findDocument: documentReads.findDocument,
  getCompany: companyReads.getCompany,
  getConnection: connectionReads.getConnection,
  getDelivery: bounceReads.getDelivery,
  getDocument: documentReads.getDocument,
  getMessage: messageReads.getMessage,
  getNumberCheck: numberCheckReads.getNumberCheck,
  getNoticeContact: noticeMailReads.getNoticeContact,
  getNoticeMail: noticeMailReads.getNoticeMail,
  getRecipient: recipientReads.getRecipient,
  getWebhook: webhookReads.getWebhook,
  hasMessage: messageReads.hasMessage,
  nextBillMailAt: billMailReads.nextBillMailAt,
  nextDeliveryAt: deliveryReads.nextDeliveryAt,
  nextNoticeAt: noticeMailReads.nextNoticeAt,
  nextItemAt: itemReads.nextItemAt,
  prefersTotp: totpReads.prefersTotp,
  wasCopied: bounceReads.wasCopied,
}

/** Methods that read more: lists, and what takes several statements of one snapshot. */
export const longReads = {
  countDueDeliveries: deliveryReads.countDueDeliveries,
  countStatuses: statusReads.countStatuses,
  findBroken: statusReads.findBroken,
  getEventDelivery: eventReads.getEventDelivery,
  exportMessages: exportReads.exportMessages,
  exportRows: exportReads.exportRows,
  getErasure: erasureReads.getErasure,
  getJob: jobReads.getJob,
  getLoginPlan: loginPlanReads.getLoginPlan,
  getMfa: mfaReads.getMfa,
  listApiKeys: apiKeyReads.listApiKeys,
  listAudit: auditReads.listAudit,
  listBillAddresses: billMailReads.listBillAddresses,
  listBillMail: billMailReads.listBillMail,
  listCompanies: companyReads.listCompanies,
  listConnections: connectionReads.listConnections,
  listDeliveries: deliveryReads.listDeliveries,
  listDocuments: documentReads.listDocuments,
  listEventDeliveries: eventReads.listEventDeliveries,
  listErasures: erasureReads.listErasures,
  listJobs: jobReads.listJobs,
  listOwedNumbers: numberReleaseReads.listOwedNumbers,
  listMessages: messageReads.listMessages,
  listNumbers: mailboxReads.listNumbers,
  listRules: ruleReads.listRules,
  listPins: pinReads.listPins,
  listSecondLooks: secondLookReads.listSecondLooks,
  listSeen: seenReads.listSeen,
  listStatusHistory: statusReads.listStatusHistory,
  listTestLogins: testLoginReads.listTestLogins,
  listUnsettled: statusReads.listUnsettled,
  listUnconfirmed: handshakeReads.listUnconfirmed,
  listWebhooks: webhookReads.listWebhooks,
  loadDelivery: deliveryReads.loadDelivery,
  loadEvent: eventReads.loadEvent,
  loadFacts,
  loadNoticeMail: noticeMailReads.loadNoticeMail,
  nextEventAt: eventReads.nextEventAt,
}
