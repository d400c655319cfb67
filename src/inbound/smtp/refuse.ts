import { log } from '../../log.ts'

/** What the mail doors count; `why` is one of few fixed words. */
export type DoorMetrics = {
  recipientRefused(why: string): void
  messageRefused(door: string, why: string): void
}

type Door = { readonly protocol: string; readonly metrics?: DoorMetrics }

/** Counts and logs a message that is refused. @param words what the log says, where that is more than `why` */
export function noteRefusal({ protocol, metrics }: Door, reply: number, why: string, words = why): void {
  metrics?.messageRefused(protocol, why)
  log.messageRefused({ door: protocol, reply, why: words })
}
