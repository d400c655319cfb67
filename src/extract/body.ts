import type { ReadableMessage } from '../domain/message.ts'
import { readHtml } from './visible-text/html.ts'
import { EMPTY_PAGE, type Page } from './visible-text/page.ts'
import { readPlain } from './visible-text/plain.ts'

/** The two forms in which a mail may bring its text. */
export type Bodies = { readonly html: Page | null; readonly text: Page | null }

/** Parts without a visible character are none. */
export function readBodies(message: Pick<ReadableMessage, 'html' | 'text'>): Bodies {
  const page = (source: string | null, read: (source: string) => Page): Page | null => {
    const result = source === null || source === '' ? EMPTY_PAGE : read(source)
    return result.text === '' ? null : result
  }
  return { html: page(message.html, readHtml), text: page(message.text, readPlain) }
}
