import { createHash, randomBytes } from 'node:crypto'
import { newId } from '../../src/domain/id.ts'
import type { NewDocument, NewItem, NewJob, Store } from '../../src/store/store.ts'
import { company, T0 } from './samples.ts'

/* Jobs and documents for tests of stores. */

export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

/** An upload of a few bytes, or with `url` what is to be fetched. */
export const newItem = (change: Partial<NewItem> = {}): NewItem => ({
  id: newId(),
  name: 'march.pdf',
  url: null,
  content: change.url ? null : new TextEncoder().encode('%PDF-1.4 a bill'),
  ...change,
})

export const newJob = (change: Partial<NewJob> & Pick<NewJob, 'companyId'>): NewJob => ({
  id: newId(),
  connectionId: null,
  siteId: null,
  createdAt: T0,
  items: [newItem()],
  ...change,
})

/** A letter, kept with the content of its item unless other content is given. */
export const newDocument = (change: Partial<NewDocument> = {}): NewDocument => ({
  id: newId(),
  sha256: sha256(randomBytes(16)),
  kind: 'pdf',
  size: 15,
  content: null,
  state: 'non_utility',
  unreadReason: null,
  pages: 1,
  reading: null,
  ...change,
})

/** Answers its id. */
export async function newCompany(store: Store): Promise<string> {
  const owner = company()
  await store.createCompany(owner)
  return owner.id
}
