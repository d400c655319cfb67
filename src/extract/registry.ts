import type { Extraction, Extractor } from '../domain/extraction.ts'
import type { ReadableMessage } from '../domain/message.ts'
import type { Utilities } from '../utilities/definition.ts'
import { extract } from './read.ts'

/** Reads messages for mailboxes: knows which extractor is whose. */
export type Extractors = {
  /** `utilityId` is that of the mailbox the message came to; null or unknown: read without a definition. */
  extractFor(utilityId: string | null, message: ReadableMessage): Extraction
}

/**
 * Custom extractors read what templates cannot say; one speaks first for its own utility, and what it does not
 * match is read the usual way. Made anew when definitions are reloaded.
 */
export function createExtractors(utilities: Utilities, custom: readonly Extractor[] = []): Extractors {
  return {
    extractFor(utilityId, message) {
      const own = custom.find((extractor) => extractor.utility === utilityId && extractor.claims(message))
      const read = own?.extract(message)
      if (read && !(read.kind === 'none' && read.reason === 'unmatched')) return read
      return extract(message, (utilityId !== null && utilities.get(utilityId)) || null)
    },
  }
}
