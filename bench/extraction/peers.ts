import type { ReadableMessage } from '../../src/domain/message.ts'
import { readBodies } from '../../src/extract/body.ts'

/** Another reader of codes, called the way its own page says. */
export type Peer = { readonly name: string; read(message: ReadableMessage): string | null }

type Module = Record<string, unknown> & { default?: unknown }
type Loader = { readonly name: string; make(module: Module): (message: ReadableMessage) => string | null }

/** None of them reads HTML well, so all are given our visible text, subject first. */
const textOf = (message: ReadableMessage): string => {
  const { html, text } = readBodies(message)
  return [message.subject, (html ?? text)?.text].filter(Boolean).join('\n')
}
const codeOf = (result: unknown): string | null => {
  if (typeof result === 'string') return result
  const code = (result as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' || typeof code === 'number' ? String(code) : null
}

const LOADERS: readonly Loader[] = [
  {
    name: 'parse-otp-message',
    make: (module) => (message) => codeOf((module.default as (text: string) => unknown)(textOf(message))),
  },
  {
    name: 'otp-message-extractor',
    make: (module) => (message) => codeOf((module.extractOTP as (text: string) => unknown)(textOf(message))),
  },
  {
    name: '@onedaydevelopers/otp-detector',
    make: (module) => (message) => {
      const library = (module.default ?? module) as { extractOTP(text: string): unknown }
      return codeOf(library.extractOTP(textOf(message)))
    },
  },
]

/** Those that are installed; a peer that throws on a message has read nothing in it. */
export async function peers(): Promise<Peer[]> {
  const found: Peer[] = []
  for (const { name, make } of LOADERS) {
    try {
      const read = make((await import(name)) as Module)
      found.push({ name, read: (message) => attempt(() => read(message)) })
    } catch {
      // Not installed: the bench says how to add it.
    }
  }
  return found
}

function attempt(read: () => string | null): string | null {
  try {
    return read()
  } catch {
    return null
  }
}
