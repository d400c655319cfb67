import { loadConfig } from '../config.ts'
import type { Check, Finding } from './doctor/check.ts'
import { checkDns, checkPublicUrl } from './doctor/dns.ts'
import { checkDoors, checkTls } from './doctor/doors.ts'
import { checkDataDir, checkKeys, checkUtilities } from './doctor/local.ts'
import { checkNumbers } from './doctor/numbers.ts'
import { checkOutbound, checkTwilio } from './doctor/outside.ts'
import { checkDatabase, checkRedis } from './doctor/servers.ts'
import { type CommandIo, EXIT } from './exit.ts'

const CHECKS: readonly Check[] = [
  checkDataDir,
  checkKeys,
  checkUtilities,
  checkDatabase,
  checkRedis,
  checkDoors,
  checkTls,
  checkDns,
  checkPublicUrl,
  checkOutbound,
  checkTwilio,
  checkNumbers,
]

const MARK: Record<Finding['state'], string> = { ok: 'ok  ', off: 'off ', warn: 'WARN', fail: 'FAIL' }

/**
 * Looks at everything outside the program that the relay leans on and prints a line for each: how it is, and
 * what to do where it is wrong. Changes nothing.
 *
 * @param env the environment that `serve` would be started with
 * @returns 0 when nothing fails, 69 (EX_UNAVAILABLE) when something does
 * @throws ConfigError when the settings themselves are wrong
 */
export async function doctor(
  env: Readonly<Record<string, string | undefined>>,
  options: { json: boolean },
  io: CommandIo,
): Promise<number> {
  const config = loadConfig(env)
  const findings = (await Promise.all(CHECKS.map((check) => run(check, config)))).flat()
  if (options.json) io.out(JSON.stringify(findings, null, 2))
  else for (const finding of findings) io.out(line(finding))
  return findings.some(({ state }) => state === 'fail') ? EXIT.unavailable : EXIT.ok
}

async function run(check: Check, config: Parameters<Check>[0]): Promise<Finding[]> {
  try {
    return await check(config)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return [
      {
        part: check.name.replace(/^check/, '').toLowerCase(),
        state: 'fail',
        text,
        advice: 'see the message',
      },
    ]
  }
}

function line({ part, state, text, advice }: Finding): string {
  return `${MARK[state]}  ${part.padEnd(18)} ${text}${advice ? `\n${' '.repeat(25)}→ ${advice}` : ''}`
}
