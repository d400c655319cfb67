import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Everything secret that went through, by name, and everything that may be read by those who must not know it. */
export type LeakHunt = {
  /** Notes a secret; answers it. */
  secret(name: string, value: string): string
  /** Notes what somebody got to read: a log, a reply, a file. */
  place(name: string, content: string | Uint8Array): void
  /** `secret in place`, for each secret that is where it must not be. */
  found(): string[]
  readonly secrets: ReadonlyMap<string, string>
}

/** Ids and hashes are random hex: six digits of a code are among them by chance. */
const RANDOM_HEX = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24,}/gi

export function leakHunt(): LeakHunt {
  const secrets = new Map<string, string>()
  const places: { name: string; text: string }[] = []
  return {
    secrets,
    secret(name, value) {
      secrets.set(name, value)
      return value
    },
    place(name, content) {
      const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1')
      places.push({ name, text: text.replace(RANDOM_HEX, '·') })
    },
    found() {
      const leaks = [...secrets].flatMap(([name, value]) => {
        const forms = formsOf(value)
        return places
          .filter(({ text }) => forms.some((form) => form.test(text)))
          .map((place) => `${name} in ${place.name}`)
      })
      return [...new Set(leaks)]
    },
  }
}

/** A secret as it is, and as it looks when somebody encoded it on the way. */
function formsOf(value: string): RegExp[] {
  if (/^\d+$/.test(value)) {
    // With what people put between digits; not as part of a longer number, or of a duration.
    return [new RegExp(`(?<![\\d.])${[...value].join('[ \\-\\u00a0]?')}(?!\\d)`)]
  }
  const bytes = Buffer.from(value)
  const written = [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    bytes.toString('hex'),
    // Without what depends on the bytes that follow.
    bytes.toString('base64').replace(/.=*$/, ''),
    bytes.toString('base64url').slice(0, -1),
  ]
  return [...new Set(written)].map((form) => new RegExp(form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i'))
}

/** All files of a relay's data directory that are no key of it. */
export function storeFiles(dataDir: string): { name: string; bytes: Buffer }[] {
  return readdirSync(dataDir)
    .filter((name) => !name.endsWith('.key') && !name.endsWith('.pem'))
    .map((name) => ({ name, bytes: readFileSync(join(dataDir, name)) }))
}
