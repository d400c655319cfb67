import { readFileSync, realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError, Option } from 'commander'
import { CommandError, type CommandIo, EXIT } from './commands/exit.ts'
import { ConfigError, PACKAGE_ROOT } from './config.ts'
import { KEY_SCOPES } from './domain/api-key.ts'

/* The command line: parse, then call one function. Each command's code is loaded only when it is called. */

const io: CommandIo = {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
}

/** The program with all its commands. */
function program(): Command {
  const cli = new Command('mfa-relay')
    .description(
      'Self-hosted inbound MFA relay: reads one-time codes for the login runners that wait for them.',
    )
    .version(packageVersion())
    .showHelpAfterError('(--help shows what the command takes)')
    .exitOverride()
    .addHelpText('after', '\nSettings come from the environment; config/default.json lists every one.')
  addServing(cli)
  addTools(cli)
  addKeys(cli)
  addBackups(cli)
  return cli
}

function addServing(cli: Command): void {
  cli
    .command('serve')
    .description('run the relay until SIGTERM or SIGINT')
    .action(async () => {
      const { serve } = await import('./commands/serve.ts')
      await serve(process.env)
    })
  cli
    .command('demo')
    .description('show the main job on this machine, with a fake portal and a temporary store')
    .option('--exit', 'end when the story is told; exit code 0 only if all of it really happened')
    .action(async ({ exit = false }: { exit?: boolean }) => {
      const { runDemo } = await import('./sandbox/demo.ts')
      process.exitCode = await runDemo({ exit, io })
    })
  cli
    .command('sandbox')
    .description('run Sandbox Power, a utility portal that does not exist, for testing login runners')
    .option('--port <port>', 'HTTP port of the portal', '8090')
    .option('--relay-smtp <host:port>', 'where the portal delivers its mail', '127.0.0.1:2525')
    .option(
      '--relay-url <url>',
      'where the relay is, for text messages and for --runner',
      'http://127.0.0.1:8080',
    )
    .option(
      '--runner',
      'also run a login runner that takes whatever login is due; its key is in RELAY_API_KEY',
    )
    .action(async (options: { port: string; relaySmtp: string; relayUrl: string; runner?: true }) => {
      const { runSandbox } = await import('./commands/sandbox.ts')
      await runSandbox(options, process.env, io)
    })
}

function addTools(cli: Command): void {
  cli
    .command('extract')
    .description('say which code is in a message, as the relay would read it; "-" reads standard input')
    .argument('<file...>', 'messages: RFC 5322 files (.eml), or with --sms JSON with From, To, Body')
    .option('--sms', 'the files are text messages: JSON as Twilio names it (From, To, Body)')
    .option('--utility <id>', 'read as a message of this utility')
    .option('--json', 'print JSON; with several files one line each')
    .option('--explain', 'print each candidate and what speaks for and against it')
    .action(
      async (files: string[], options: { sms?: true; utility?: string; json?: true; explain?: true }) => {
        const { extractFiles } = await import('./commands/extract.ts')
        process.exitCode = await extractFiles(files, options, process.env, io)
      },
    )
  cli
    .command('doctor')
    .description('check ports, DNS, TLS, Twilio, disk and keys: a line each, what is wrong and what to do')
    .option('--json', 'print JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { doctor } = await import('./commands/doctor.ts')
      process.exitCode = await doctor(process.env, { json }, io)
    })
  cli
    .command('utility')
    .description('work on utility definitions')
    .command('check')
    .description('check definitions and their fixtures: schema, templates hit, overlaps')
    .argument('[dir]', "an operator's directory of definitions (default: the built-in ones)")
    .action(async (dir: string | undefined) => {
      const { checkUtilities } = await import('./commands/utility.ts')
      process.exitCode = await checkUtilities(dir, io)
    })
}

function addBackups(cli: Command): void {
  cli
    .command('migrate')
    .description('move the embedded store to PostgreSQL, verified row by row; the relay must be stopped')
    .option('--from <sqlite:path>', 'the store to move (default: the one in DATA_DIR)')
    .option('--to <postgres://…>', 'an empty database (default: DATABASE_URL)')
    .action(async (options: { from?: string; to?: string }) => {
      const { migrateStore } = await import('./commands/migrate.ts')
      process.exitCode = await migrateStore(options, process.env, io)
    })
  cli
    .command('backup')
    .description('copy the embedded store into a file and check the copy; the relay may be running')
    .argument('<file>')
    .option('--force', 'replace the file if it is there')
    .option('--with-key', 'write the master key beside it, as <file>.key')
    .action(async (file: string, { force = false, withKey = false }) => {
      const { backup } = await import('./commands/backup.ts')
      process.exitCode = await backup(file, { force, withKey }, process.env, io)
    })
  cli
    .command('restore')
    .description('put a backup in the place of the embedded store; the relay must be stopped')
    .argument('<file>')
    .option('--force', 'even if there is a store, which is then kept under another name')
    .option('--keep-open', 'codes and copies too that were open: only if nothing ran since the backup')
    .action(async (file: string, { force = false, keepOpen = false }) => {
      const { restore } = await import('./commands/restore.ts')
      process.exitCode = await restore(file, { force, keepOpen }, process.env, io)
    })
}

function addKeys(cli: Command): void {
  const key = cli.command('key').description('API keys of this store (the relay may be running)')
  key
    .command('create')
    .description('make a key and print it once')
    .addOption(new Option('--scope <scope>', 'what it may do').choices([...KEY_SCOPES]).makeOptionMandatory())
    .option('--company <companyId>', 'the company it belongs to (needed for scope company)')
    .option('--label <text>', 'what it is for')
    .action(async (options: { scope: (typeof KEY_SCOPES)[number]; company?: string; label?: string }) => {
      const { createKey } = await import('./commands/key.ts')
      process.exitCode = await createKey(options, process.env, io)
    })
  key
    .command('list')
    .description('list keys (never the keys themselves)')
    .action(async () => {
      const { listKeys } = await import('./commands/key.ts')
      process.exitCode = await listKeys(process.env, io)
    })
  key
    .command('revoke')
    .argument('<keyId>')
    .description('make a key useless')
    .action(async (keyId: string) => {
      const { revokeKey } = await import('./commands/key.ts')
      process.exitCode = await revokeKey(keyId, process.env, io)
    })
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('package.json', PACKAGE_ROOT), 'utf8'))
  return version
}

/** The exit code of sysexits.h that an error stands for; prints what people need to know of it. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof ConfigError) {
    io.err(error.message)
    return EXIT.config
  }
  if (error instanceof CommandError) {
    io.err(`mfa-relay: ${error.message}`)
    return error.exitCode
  }
  io.err(
    `mfa-relay: unexpected fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  )
  return EXIT.software
}

/**
 * Runs one command line.
 *
 * @param args what stands after the program's name
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<void> {
  try {
    await program().parseAsync([...args], { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
  }
}

const startedDirectly =
  process.argv[1] !== undefined &&
  [fileURLToPath(import.meta.url), fileURLToPath(new URL('bin/mfa-relay.js', PACKAGE_ROOT))].includes(
    realpathSync(process.argv[1]),
  )
if (startedDirectly) await main(process.argv.slice(2))
