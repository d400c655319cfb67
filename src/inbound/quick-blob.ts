/*
 * postal-mime collects the bytes of each part in a Blob and reads them back at once. Node's Blobs live outside the heap,
 * and a way there and back costs more than the rest of parsing: 14 KB took 270 µs, of which 170 were that. See
 * docs/decisions/080-where-the-time-goes.md.
 */

const PLAIN = 'application/octet-stream'
const Native = globalThis.Blob

/** What postal-mime uses of a Blob, in memory. Anything else that asks for a Blob gets a real one. */
class QuickBlob {
  readonly #parts: readonly BlobPart[] = []

  static [Symbol.hasInstance](value: unknown): boolean {
    return Function.prototype[Symbol.hasInstance].call(Native, value) || isQuick(value)
  }

  constructor(parts: readonly BlobPart[] = [], options: BlobPropertyBag = {}) {
    if (options.type !== PLAIN || !parts.every(isPlain)) {
      // biome-ignore lint/correctness/noConstructorReturn: a constructor that is a Blob's must answer with one
      return new Native([...parts], options) as unknown as QuickBlob
    }
    this.#parts = parts
  }

  static isQuick(value: object): boolean {
    return #parts in value
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const pieces = this.#parts.map((part) => bytesOf(part as PlainPart))
    const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0))
    let at = 0
    for (const piece of pieces) {
      whole.set(piece, at)
      at += piece.byteLength
    }
    return whole.buffer
  }
}

type BlobPart = NonNullable<ConstructorParameters<typeof Blob>[0]>[number]
type BlobPropertyBag = NonNullable<ConstructorParameters<typeof Blob>[1]>

const isQuick = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && QuickBlob.isQuick(value)
/** postal-mime puts the line break behind each line as a string. */
const LINE_BREAK = '\n'
const LINE_BREAK_BYTES = new TextEncoder().encode(LINE_BREAK)

type PlainPart = ArrayBuffer | Uint8Array | typeof LINE_BREAK
const isPlain = (part: unknown): boolean =>
  part === LINE_BREAK || part instanceof Uint8Array || part instanceof ArrayBuffer

function bytesOf(part: PlainPart): Uint8Array {
  if (part === LINE_BREAK) return LINE_BREAK_BYTES
  return part instanceof Uint8Array ? part : new Uint8Array(part)
}

/** For a thread that parses: its Blobs of bytes are plain memory from now on. Answers how to undo it. */
export function useQuickBlobs(): () => void {
  Object.assign(globalThis, { Blob: QuickBlob })
  return () => void Object.assign(globalThis, { Blob: Native })
}
