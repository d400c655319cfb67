import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { FetchError } from './fetch-error.ts'

const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
])

/**
 * The whole body, decompressed. We ask for none, but object stores send files compressed as they were put there.
 *
 * @param maxBytes at which reading stops, on both sides of the decompression: what claims to be small and
 *   unpacks to gigabytes is never held in memory
 * @throws FetchError `too_large`, `encoding`
 */
export async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = response.headers['content-encoding']?.trim().toLowerCase() || 'identity'
  const decode = DECODERS.get(encoding)
  try {
    if (!decode && encoding !== 'identity') throw new FetchError('encoding', 'unknown content encoding')
    const body = await collect(response, maxBytes)
    return decode ? await decode(body, { maxOutputLength: maxBytes }) : body
  } catch (error) {
    response.destroy()
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes)
    throw error
  }
}

/** The first `maxBytes` of a body as they came, for somebody to look at; the rest is not waited for. */
export async function readStart(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length
    parts.push(part)
    // Leaving the loop ends the connection.
    if (size >= maxBytes) break
  }
  return Buffer.concat(parts).subarray(0, maxBytes)
}

async function collect(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length
    if (size > maxBytes) throw tooLarge(maxBytes)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

const tooLarge = (maxBytes: number): FetchError => new FetchError('too_large', `more than ${maxBytes} bytes`)
