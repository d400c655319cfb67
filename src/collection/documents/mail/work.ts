import { log } from '../../../log.ts'
import type { BillMailStore, ClaimedBillMail, DocumentStore, MailStore } from '../../../store/store.ts'
import { createBell } from '../jobs/bell.ts'
import { createJob } from '../jobs/create-job.ts'
import { openMail } from './opener.ts'

export type MailWorkDeps = {
  readonly store: Pick<BillMailStore, 'claimBillMail' | 'nextBillMailAt' | 'settleBillMail'> &
    Pick<DocumentStore, 'createJob' | 'getJob'> &
    Pick<MailStore, 'readBody'>
  /** Told of new jobs. */
  readonly work: { notify(): void }
  readonly now?: () => number
}

export type MailWork = {
  /** Mail has come. A hint; nothing is lost without it. */
  notify(): void
  close(): Promise<void>
}

/** Longer than opening a message takes. */
const LEASE_MS = 2 * 60_000
const POLL_MS = 30_000
const AFTER_FAULT_MS = 2_000
/** A message that was open each time the process went down is to blame. */
const MAX_TRIES = 4

/** Makes jobs of the documents that come by mail, one message after the other, until it is closed. */
export function startMailWork({ store, work, now = Date.now }: MailWorkDeps): MailWork {
  const stopping = new AbortController()
  const { signal } = stopping
  const bell = createBell(signal)

  async function settle(mail: ClaimedBillMail): Promise<void> {
    const { messageId, companyId, tries } = mail
    const raw =
      tries > MAX_TRIES
        ? null
        : await store.readBody(messageId, { actor: 'relay', action: 'bill_mail.opened', at: now() })
    const taken = raw && (await openMail(raw, { signal }))
    // Who was stopped leaves it as it is: it is due again when its lease ends.
    if (signal.aborted) return
    const { files, ignored } = taken ?? { files: [], ignored: 0 }
    const result = taken === null ? 'unreadable' : files.length === 0 ? 'no_documents' : 'documents'
    // The job bears the message's name, so that a crash before the next line makes no second one.
    if (files.length > 0 && !(await store.getJob(messageId))) {
      const owner = { companyId, connectionId: null, siteId: null }
      await createJob({ store, work, now }, owner, files, messageId)
    }
    const jobId = files.length > 0 ? messageId : null
    const settled = { result, jobId, documents: files.length, ignored } as const
    await store.settleBillMail(messageId, settled)
    log.billMailTaken({ messageId, companyId, result, documents: files.length, ignored })
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const heard = bell.hear()
      try {
        const mail = await store.claimBillMail({ now: now(), leaseUntil: now() + LEASE_MS })
        if (mail) {
          await settle(mail)
          continue
        }
        const dueIn = ((await store.nextBillMailAt()) ?? Number.POSITIVE_INFINITY) - now()
        await bell.sleep(Math.min(POLL_MS, Math.max(0, dueIn)), heard)
      } catch (error) {
        log.fault({ where: 'bill mail', error })
        await bell.sleep(AFTER_FAULT_MS, heard)
      }
    }
  }

  const running = loop()
  return {
    notify: bell.ring,
    async close() {
      stopping.abort()
      bell.ring()
      await running
    },
  }
}
