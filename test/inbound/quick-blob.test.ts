import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { parseMime } from '../../src/inbound/parse-mime.ts'
import { useQuickBlobs } from '../../src/inbound/quick-blob.ts'

const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url))
const mails = readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.eml'),
)

describe('quick blobs', () => {
  let undo = () => {}
  afterEach(() => undo())

  it('change nothing of what is read from any fixture', async () => {
    expect(mails.length).toBeGreaterThan(100)
    for (const name of mails) {
      const raw = new Uint8Array(readFileSync(join(fixtures, name)))
      const before = await parseMime(raw)
      undo = useQuickBlobs()
      expect(await parseMime(raw), name).toEqual(before)
      undo()
    }
  })

  it('are all that parsing a mail makes', async () => {
    undo = useQuickBlobs()
    const made: object[] = []
    const Quick = globalThis.Blob
    globalThis.Blob = new Proxy(Quick, {
      construct(target, args) {
        const blob: Blob = Reflect.construct(target, args)
        made.push(blob)
        return blob
      },
    })
    for (const encoding of ['7bit', 'quoted-printable', 'base64']) {
      const mail = `Content-Type: text/html\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\nPGI+MTwvYj4K\r\nPGI+\r\n`
      await parseMime(new TextEncoder().encode(mail))
    }
    globalThis.Blob = Quick
    expect(made.length).toBeGreaterThanOrEqual(3)
    expect(made.filter((blob) => 'stream' in blob)).toEqual([])
  })

  it('are real ones for whatever is not plain bytes', async () => {
    undo = useQuickBlobs()
    const text = new Blob(['one', 'two'], { type: 'text/plain' })
    expect([await text.text(), text.size, text.type]).toEqual(['onetwo', 6, 'text/plain'])
    expect(text).toBeInstanceOf(Blob)
    expect(await new Blob(['text'], { type: 'application/octet-stream' }).text()).toBe('text')
    const quick = new Blob([new Uint8Array([1, 2]), new Uint8Array([3]).buffer], {
      type: 'application/octet-stream',
    })
    expect(quick).toBeInstanceOf(Blob)
    expect([...new Uint8Array(await quick.arrayBuffer())]).toEqual([1, 2, 3])
    expect({} instanceof Blob).toBe(false)
  })
})
