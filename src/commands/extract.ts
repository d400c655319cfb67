import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { loadConfig } from '../config.ts'
import type { Extraction } from '../domain/extraction.ts'
import type { ReadableMessage } from '../domain/message.ts'
import { explain } from '../extract/explain.ts'
import { createExtractors, type Extractors } from '../extract/registry.ts'
import { templateReason } from '../extract/template.ts'
import { parseMime, smsToReadable } from '../inbound/parse-mime.ts'
import { loadCustomExtractors } from '../utilities/custom-extractors.ts'
import type { Utilities } from '../utilities/definition.ts'
import { BUILT_IN_UTILITIES, loadUtilities } from '../utilities/load.ts'
import { nearest } from '../utilities/nearest.ts'
import { formatProblem } from '../utilities/problem.ts'
import { CommandError, type CommandIo, EXIT } from './exit.ts'

export type ExtractOptions = {
  readonly sms?: boolean
  readonly utility?: string
  readonly json?: boolean
  readonly explain?: boolean
}

/** Twilio's names; whatever else Twilio sends is ignored. */
const smsFile = z.object({ From: z.string(), To: z.string().default(''), Body: z.string() })

/**
 * Reads messages as the relay would and prints what is in them. Stores nothing, asks nobody.
 *
 * @param files paths, or `-` for standard input
 * @returns 0 when every file was read, whatever was in it; 65 when one is no message, 66 when one cannot be opened
 * @throws CommandError for an unknown utility; ConfigError
 */
export async function extractFiles(
  files: readonly string[],
  options: ExtractOptions,
  env: Readonly<Record<string, string | undefined>>,
  io: CommandIo,
): Promise<number> {
  const extractors = await loadExtractors(env, options.utility, io)
  let exitCode: number = EXIT.ok
  for (const file of files) {
    try {
      const message = await load(file, options.sms === true)
      const extraction =
        message === null ? UNPARSABLE : extractors.extractFor(options.utility ?? null, message)
      print(file, extraction, options, files.length > 1, io)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      io.err(`mfa-relay: ${file}: ${error.message}`)
      exitCode = Math.max(exitCode, error.exitCode)
    }
  }
  return exitCode
}

const UNPARSABLE: Extraction = { kind: 'unread', reason: 'unparsable', candidates: [] }

async function loadExtractors(
  env: Readonly<Record<string, string | undefined>>,
  utility: string | undefined,
  io: CommandIo,
): Promise<Extractors> {
  const { utilitiesDir } = loadConfig(env)
  const operatorDir = utilitiesDir || undefined
  const { utilities, problems } = loadUtilities({
    builtInDir: BUILT_IN_UTILITIES,
    operatorDir,
    checkTemplate: templateReason,
  })
  const custom = operatorDir ? await loadCustomExtractors(operatorDir) : { extractors: [], problems: [] }
  for (const problem of [...problems, ...custom.problems]) io.err(formatProblem(problem))
  if (utility !== undefined) requireKnown(utilities, utility)
  return createExtractors(utilities, custom.extractors)
}

function requireKnown(utilities: Utilities, utility: string): void {
  if (utility === 'other' || utilities.has(utility)) return
  const hint = nearest(utilities, utility).join(', ')
  throw new CommandError(EXIT.usage, `unknown utility "${utility}"; nearest: ${hint || 'none'}`)
}

/** The message of a file; null when its MIME cannot be parsed, which says something about the message. */
async function load(file: string, isSms: boolean): Promise<ReadableMessage | null> {
  if (isSms) return loadSms(file, await read(file))
  return parseMime(await read(file)).catch(() => null)
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return file === '-' ? Buffer.from(await text(process.stdin)) : await readFile(file)
  } catch (error) {
    throw new CommandError(EXIT.noInput, `cannot be read: ${(error as Error).message}`)
  }
}

function loadSms(file: string, bytes: Uint8Array): ReadableMessage {
  const parsed = smsFile.safeParse(parseJson(bytes))
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.') || 'the file').join(', ')
    throw new CommandError(
      EXIT.dataError,
      `a text message is JSON with From, To and Body; wrong here: ${fields}`,
    )
  }
  const { From: sender, To: recipient, Body: body } = parsed.data
  return smsToReadable({
    channel: 'sms',
    id: file,
    door: 'test',
    receivedAt: 0,
    sid: file,
    sender,
    recipient,
    body,
  })
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    throw new CommandError(EXIT.dataError, `is no JSON: ${(error as Error).message}`)
  }
}

function print(
  file: string,
  extraction: Extraction,
  options: ExtractOptions,
  many: boolean,
  io: CommandIo,
): void {
  if (options.json) {
    io.out(many ? JSON.stringify({ file, ...extraction }) : JSON.stringify(extraction, null, 2))
    return
  }
  if (many) io.out(`${file}:`)
  io.out(options.explain ? explain(extraction) : (explain(extraction).split('\n')[0] ?? ''))
  if (many && options.explain) io.out('')
}
