import { parentPort } from 'node:worker_threads'
import type { ReadResult } from '../../../domain/bill.ts'
import type { BillIssuer } from '../bill-issuer.ts'
import { readPdfText } from './pdf-text.ts'
import { readBill } from './read-bill.ts'

/* The entry of the thread that opens PDFs. It may be killed at any time and holds nothing that would be missed. */

export type ThreadRequest = { readonly data: Uint8Array; readonly issuers: readonly BillIssuer[] }
export type ThreadReply =
  | { readonly kind: 'page'; readonly page: number; readonly pages: number }
  | { readonly kind: 'done'; readonly result: ReadResult }

const port = parentPort
port?.on('message', async ({ data, issuers }: ThreadRequest) => {
  const send = (reply: ThreadReply): void => port.postMessage(reply)
  const text = await readPdfText(data, (page, pages) => send({ kind: 'page', page, pages }))
  send({ kind: 'done', result: text.kind === 'text' ? interpret(text.pages, issuers) : text })
})

function interpret(pages: Parameters<typeof readBill>[0], issuers: readonly BillIssuer[]): ReadResult {
  const bill = readBill(pages, issuers)
  return bill ? { kind: 'bill', pages: pages.length, bill } : { kind: 'non_utility', pages: pages.length }
}
