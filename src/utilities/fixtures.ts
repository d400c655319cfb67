import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { ExtractionKind } from '../domain/extraction.ts'
import { type CheckedFile, readCheckedFile } from './checked-file.ts'
import type { Problem } from './problem.ts'

const KINDS = [
  'code',
  'none',
  'forwarding_confirmation',
  'sign_in_link',
  'invitation',
  'bounce',
  'auto_reply',
  'notice',
  'unread',
] as const satisfies readonly ExtractionKind[]

/** What must come out of a fixture. */
export const expectedSchema = z
  .strictObject({
    kind: z.enum(KINDS),
    /** As typed at the portal. */
    code: z.string().min(1).optional(),
    reason: z.enum(['unmatched', 'ambiguous']).optional(),
    /** Other answers that do no harm: a bill is a `notice`, but `none` is no mistake. Never a code. */
    alsoFair: z.array(z.enum(KINDS).exclude(['code'])).default([]),
    /** Of the message, e.g. `fr`. */
    language: z.string().length(2).optional(),
    /** Why this fixture is here. */
    note: z.string().min(1),
  })
  .refine(({ kind, code }) => (kind === 'code') === (code !== undefined), {
    path: ['code'],
    message: 'belongs to the kind "code", and to that only',
  })
  .refine(({ kind, reason }) => (kind === 'none') === (reason !== undefined), {
    path: ['reason'],
    message: 'belongs to the kind "none", and to that only',
  })
  .refine(({ kind, alsoFair }) => kind !== 'code' || alsoFair.length === 0, {
    path: ['alsoFair'],
    message: 'where a code is to be read nothing else is fair',
  })
export type Expected = z.infer<typeof expectedSchema>

/** Twilio's fields, as `mfa-relay extract --sms` reads them. */
const smsSchema = z.strictObject({ From: z.string().min(1), To: z.string().min(1), Body: z.string() })
export type SmsFixture = z.infer<typeof smsSchema>

/** A message with the answer that it must get. */
export type Fixture = {
  readonly utility: string
  readonly file: string
  /** Null: `file` is a raw e-mail. */
  readonly sms: SmsFixture | null
  readonly expected: CheckedFile<Expected>
}

const NAME = /^(\d{2,3}-[a-z0-9]+(?:-[a-z0-9]+)*)\.(eml|sms\.json|expected\.json)$/
/** Hidden files, and what a test run got where it expected something else. */
const IGNORED = /^\.|\.got$/

/**
 * Reads the fixtures of one utility: `NN-name.eml` or `NN-name.sms.json`, each with `NN-name.expected.json`. An
 * absent directory has no fixtures; a file without its partner, or with another name, is a problem.
 */
export function readFixtures(
  dir: string,
  utility: string,
): { readonly fixtures: readonly Fixture[]; readonly problems: readonly Problem[] } {
  if (!existsSync(dir)) return { fixtures: [], problems: [] }
  const problems: Problem[] = []
  const fixtures: Fixture[] = []
  const names = readdirSync(dir).filter((name) => !IGNORED.test(name))
  for (const name of names.sort()) {
    const file = join(dir, name)
    const [, stem, kind] = NAME.exec(name) ?? []
    if (stem === undefined) {
      problems.push({ file, reason: 'is neither NN-name.eml, NN-name.sms.json nor NN-name.expected.json' })
    } else if (kind === 'expected.json') {
      if (!names.includes(`${stem}.eml`) && !names.includes(`${stem}.sms.json`))
        problems.push({ file, reason: 'has no message beside it' })
    } else {
      const expected = readCheckedFile(join(dir, `${stem}.expected.json`), expectedSchema, problems)
      const sms = kind === 'sms.json' ? readCheckedFile(file, smsSchema, problems) : null
      if (expected && (sms || kind === 'eml'))
        fixtures.push({ utility, file, sms: sms?.value ?? null, expected })
    }
  }
  return { fixtures, problems }
}
