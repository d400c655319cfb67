import type { Random } from './random.ts'

/** The parts of JSON Schema that our API description uses. */
export type Schema = {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly $ref?: string
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly const?: unknown
}

/** Values that fit a schema by name, such as the id of a connection that exists. */
export type Guess = (random: Random, name: string) => unknown

const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  0.1,
  2 ** 53,
  '',
  ' ',
  '0',
  'null',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  "' or 1=1 --",
  '%00',
  '\0',
  '\ud800',
  '\u202e',
  'x'.repeat(5_000),
  [],
  {},
  [[[[]]]],
  { __proto__: null, toString: 1 },
]

/** A value that fits a schema, or now and then one that does not. */
export function valueFor(random: Random, schema: Schema, name: string, guess: Guess, depth = 0): unknown {
  if (random.chance(0.06) || depth > 8) return random.pick(ODD)
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return random.pick(schema.enum)
  const alternatives = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (alternatives) return valueFor(random, random.pick(alternatives), name, guess, depth + 1)
  const type = Array.isArray(schema.type) ? random.pick(schema.type as string[]) : schema.type
  if (type === 'object' || schema.properties) return objectFor(random, schema, guess, depth)
  if (type === 'array') {
    const { items = {} } = schema
    const size = random.chance(0.05) ? random.int(20, 200) : random.int(0, 3)
    return Array.from({ length: size }, () => valueFor(random, items, name, guess, depth + 1))
  }
  if (type === 'boolean') return random.chance(0.5)
  if (type === 'integer' || type === 'number') {
    return random.int(schema.minimum ?? -5, Math.min(schema.maximum ?? 1_000, 100_000))
  }
  if (type === 'null') return null
  return guess(random, name) ?? textFor(random, schema)
}

function objectFor(random: Random, schema: Schema, guess: Guess, depth: number): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isWanted = schema.required?.includes(name) ? !random.chance(0.05) : random.chance(0.5)
    if (isWanted) made[name] = valueFor(random, property, name, guess, depth + 1)
  }
  if (random.chance(0.05)) made[random.text(8)] = random.pick(ODD)
  return made
}

function textFor(random: Random, { format, pattern, maxLength }: Schema): string {
  if (random.chance(0.1)) return random.text(300)
  if (format === 'date') return random.pick(['2026-01-31', '2026-02-30', '0000-00-00'])
  if (format === 'date-time') return new Date(random.int(0, 2_000_000_000) * 1000).toISOString()
  if (format === 'email') return random.pick(['pat@example.com', '"a b"@example.com', 'a@b', 'a@b@c'])
  if (pattern) return random.pick(['2026-01-31', 'US', 'abc', '123'])
  return random.text(Math.min(maxLength ?? 20, 40))
}
