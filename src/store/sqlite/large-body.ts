import type { InboundRecord, SavedInbound } from '../../domain/inbound-record.ts'
import { NOTHING_EXPIRED } from '../operations/expired.ts'
import { BODY_PART_BYTES, partsOf } from '../parts.ts'
import type { Thread } from './thread.ts'

/** Less is written faster than somebody else would notice. */
const LARGE_FROM_BYTES = 2 * BODY_PART_BYTES
const NO_BYTES = new Uint8Array()

/** A message whose body may be in the store already. */
export type Saving = InboundRecord & { readonly isBodyKept?: true }

type Writer = Pick<Thread, 'call'>
type HasMessage = (mailbox: string, dedupeKey: string) => Promise<boolean>

/**
 * Writes large bodies before their messages, part by part, each waiting for the one before: twenty-five megabytes in one
 * group of writes would hold up every claim for a tenth of a second. Until its message is there nobody sees a body, and
 * what a crash leaves behind leaves with retention.
 *
 * @param save writes the messages, with the bodies that are not kept yet
 */
export async function withLargeBodies<T>(
  writer: Writer,
  hasMessage: HasMessage,
  records: readonly InboundRecord[],
  save: (records: readonly Saving[]) => Promise<{ saved: readonly SavedInbound[]; result: T }>,
): Promise<T> {
  const kept: InboundRecord[] = []
  try {
    const saving: Saving[] = []
    for (const record of records) {
      const isLarge = record.raw.byteLength > LARGE_FROM_BYTES
      if (!isLarge || (await hasMessage(record.mailbox, record.dedupeKey))) {
        saving.push(record)
        continue
      }
      kept.push(record)
      await keepBody(writer, record)
      saving.push({ ...record, raw: NO_BYTES, isBodyKept: true })
    }
    const { saved, result } = await save(saving)
    const isOld = new Set(saved.filter(({ isNew }) => !isNew).map(({ recordId }) => recordId))
    await dropBodies(
      writer,
      kept.filter(({ id }) => isOld.has(id)),
    )
    return result
  } catch (error) {
    // The store may be what failed: then retention takes them.
    await dropBodies(writer, kept).catch(() => {})
    throw error
  }
}

async function keepBody(writer: Writer, { id, receivedAt, raw }: InboundRecord): Promise<void> {
  for (const { part, piece } of partsOf(raw)) {
    const bytes = new Uint8Array(piece)
    await writer.call('putBodyPart', [id, part, receivedAt, bytes], [bytes.buffer])
  }
}

async function dropBodies(writer: Writer, records: readonly InboundRecord[]): Promise<void> {
  for (const { id, raw } of records)
    for (const { part } of partsOf(raw)) {
      const bodies = [{ messageId: id, part, bytes: BODY_PART_BYTES }]
      await writer.call('removeExpired', [{ ...NOTHING_EXPIRED, bodies }, Date.now()])
    }
}
