import type { ReturnPaths } from './return-path.ts'

/** Who sends test mail. */
export const proofSender = (mailDomain: string): string => `proof@${mailDomain}`

/** What test mail is recognised by when it comes back: a return path without its domain, so nobody can make one up. */
export function proofMark(returnPaths: Pick<ReturnPaths, 'make'>, deliveryId: string): string {
  const path = returnPaths.make(deliveryId)
  return path.slice(0, path.lastIndexOf('@'))
}

/** The delivery of test mail that a message is, by its sender and subject; null: it is none. */
export function readProof(
  returnPaths: Pick<ReturnPaths, 'parse'>,
  mailDomain: string,
  { sender, subject }: { readonly sender: string | null; readonly subject: string | null },
): string | null {
  if (sender !== proofSender(mailDomain)) return null
  const mark = /\bb-[0-9a-f]{32}-[0-9a-f]+\b/.exec(subject ?? '')?.[0]
  return mark === undefined ? null : returnPaths.parse(`${mark}@${mailDomain}`)
}
