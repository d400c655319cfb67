import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const src = fileURLToPath(new URL('../src', import.meta.url))

type Import = { from: string; to: string; typeOnly: boolean }

/** Every import between files of src, by room: the first folder, or the file's own name at the top level. */
function imports(): Import[] {
  return sources().flatMap((file) => {
    const text = readFileSync(join(src, file), 'utf8')
    const statements = text.matchAll(
      /^\s*(?:import|export)\s+(type\s)?([^'"]*?)\s*(?:from\s*)?['"](\.[^'"]+)['"]/gms,
    )
    const dynamic = text.matchAll(/(?:import|new URL)\(\s*['"](\.[^'"]+\.ts)['"]/g)
    return [
      ...[...statements].map((m) => ({
        from: file,
        to: resolve(file, m[3] ?? ''),
        typeOnly: m[1] !== undefined || onlyTypesInBraces(m[2] ?? ''),
      })),
      ...[...dynamic].map((m) => ({ from: file, to: resolve(file, m[1] ?? ''), typeOnly: false })),
    ].filter(({ to }) => !to.startsWith('..'))
  })
}

const onlyTypesInBraces = (clause: string): boolean => {
  const names = /^\{([^}]*)\}$/s.exec(clause.trim())?.[1]?.split(',') ?? ['value']
  return names.every((name) => name.trim() === '' || name.trim().startsWith('type '))
}

const sources = (): string[] =>
  readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const resolve = (file: string, specifier: string): string => normalize(join(dirname(file), specifier))
const room = (file: string): string => {
  const [first = '', ...rest] = file.split('/')
  return rest.length > 0 ? first : first.replace(/\.ts$/, '')
}

/** Ports are files that hold types and rules but no implementation. */
const PORTS = new Set(['store/store.ts', 'wakeup/wakeup.ts'])
const FREE_FOR_ALL = new Set(['log', 'domain', 'rounds', 'startup-garbage'])
const FEATURES = [
  'inbound',
  'runner',
  'status',
  'collection',
  'invitation',
  'pages',
  'provisioning',
  'handshake',
  'events',
  'notices',
]

/** What a room may import beside itself, `domain` and `log`. `types:` allows only `import type`. */
const MAY: Record<string, readonly string[]> = {
  domain: [],
  trust: ['types:utilities', 'utilities/match.ts'],
  extract: ['types:utilities', 'utilities/match.ts'],
  utilities: [],
  store: ['types:wakeup'],
  wakeup: ['types:store'],
  outbox: ['types:store', 'types:wakeup', 'wakeup/wakeup.ts', 'types:utilities', 'types:http'],
  http: ['types:store', 'types:wakeup'],
  client: [],
  log: [],
  config: [],
  receive: ['types:store', 'types:wakeup', 'wakeup/wakeup.ts', 'types:utilities'],
  sandbox: ['*'],
  commands: ['*'],
  assemble: ['*'],
  'assemble-worker': ['*'],
  rounds: [],
  shutdown: [],
  'startup-garbage': [],
  main: ['*'],
  ...Object.fromEntries(
    FEATURES.map((name) => [
      name,
      ['types:store', 'types:wakeup', 'types:utilities', 'http', 'types:config'],
    ]),
  ),
}

function allowed({ from, to, typeOnly }: Import): boolean {
  const mine = room(from)
  const theirs = room(to)
  if (mine === theirs) return true
  if (mine === 'client') return false
  if (mine === 'domain') return false
  if (FREE_FOR_ALL.has(theirs)) return true
  if (theirs === 'config') return typeOnly || MAY[mine]?.includes('*') === true
  return (MAY[mine] ?? []).some(
    (rule) =>
      rule === '*' ||
      rule === theirs ||
      rule === to ||
      (typeOnly && rule === `types:${theirs}`) ||
      isPort(rule, to),
  )
}

const isPort = (rule: string, to: string): boolean => PORTS.has(to) && rule === `types:${room(to)}`

describe('who may import whom', () => {
  const all = imports()

  it('finds the imports of the whole source tree', () => {
    expect(all.length).toBeGreaterThan(50)
    expect(new Set(sources().map(room)).size).toBeGreaterThan(8)
  })

  it('knows every room', () => {
    expect([...new Set(sources().map(room))].filter((name) => !(name in MAY))).toEqual([])
  })

  it('keeps every room to what it may import', () => {
    const offences = all.filter((i) => !allowed(i)).map(({ from, to }) => `${from} → ${to}`)
    expect(offences).toEqual([])
  })

  it('lets only the entries, the sandbox and tests import assemble.ts', () => {
    const importers = all.filter(({ to }) => to === 'assemble.ts').map(({ from }) => room(from))
    expect([...new Set(importers)].filter((r) => !['main', 'sandbox', 'commands'].includes(r))).toEqual([])
  })

  it('keeps the client free of everything of ours, so that it can be published alone', () => {
    const outside = all.filter(({ from, to }) => room(from) === 'client' && room(to) !== 'client')
    expect(outside).toEqual([])
    for (const file of sources().filter((name) => room(name) === 'client')) {
      const text = readFileSync(join(src, file), 'utf8')
      const packages = text.matchAll(/^(?:import|export)\b[^'"]*\bfrom\s*['"]([^.'"][^'"]*)['"]/gm)
      expect([...packages].map(([, name]) => `${file} → ${name}`)).toEqual([])
    }
  })
})
