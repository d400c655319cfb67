import { constants, existsSync } from 'node:fs'
import { access, mkdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Config, PACKAGE_ROOT } from '../../config.ts'
import { templateReason } from '../../extract/template.ts'
import { loadMasterKeys, sqlitePath } from '../../store/master-key.ts'
import { createSealer } from '../../store/seal.ts'
import { openForReading } from '../../store/sqlite/database.ts'
import { loadUtilities } from '../../utilities/load.ts'
import type { Finding } from './check.ts'

const LOW_DISK_BYTES = 1024 ** 3

/** Is there a directory to keep things in, may we write there, and is there room? */
export async function checkDataDir(config: Config): Promise<Finding[]> {
  const part = 'disk'
  try {
    await mkdir(config.dataDir, { recursive: true })
    await access(config.dataDir, constants.R_OK | constants.W_OK)
  } catch {
    const advice = 'make the directory and give it to the user that runs the relay, or set DATA_DIR'
    return [{ part, state: 'fail', text: `${config.dataDir} cannot be written`, advice }]
  }
  const { bavail, bsize } = await statfs(config.dataDir)
  const free = bavail * bsize
  const text = `${config.dataDir} is writable, ${(free / 1024 ** 3).toFixed(1)} GiB free`
  if (free >= LOW_DISK_BYTES) return [{ part, state: 'ok', text }]
  return [{ part, state: 'warn', text, advice: 'free some space: with a full disk mail is put off with 451' }]
}

/** Are the keys there, and readable by nobody else? */
export async function checkKeys(config: Config): Promise<Finding[]> {
  return [
    await keyFinding('master key', config.masterKey !== '', 'MASTER_KEY', join(config.dataDir, 'master.key')),
    await keyFinding(
      'admin key',
      config.adminApiKey !== '',
      'ADMIN_API_KEY',
      join(config.dataDir, 'admin.key'),
    ),
    ...oldKeysFinding(config),
  ]
}

/** During a change of master keys: may the old ones go? */
function oldKeysFinding(config: Config): Finding[] {
  const path = sqlitePath(config)
  if (!existsSync(path)) return []
  const { keyId, keyIds } = createSealer(loadMasterKeys(config))
  if (keyIds.length === 1) return []
  const database = openForReading(path)
  const rows = database
    .prepare<[string], string>('select key_id from key_check where key_id <> ?')
    .pluck()
    .all(keyId)
  database.close()
  return judgeOldKeys(rows)
}

/** @param needed names of keys, other than the first, that sealed something in the store */
export function judgeOldKeys(needed: readonly string[]): Finding[] {
  const part = 'old master keys'
  if (needed.length > 0) {
    const text = `${needed.join(', ')} still open what they sealed`
    return [
      {
        part,
        state: 'ok',
        text: `${text}; a running relay seals it anew: keep them until this line changes`,
      },
    ]
  }
  const advice =
    'take all but the first out of MASTER_KEY once links in copies sent under them may stop to work; keep them with backups that are older'
  return [{ part, state: 'warn', text: 'nothing needs the keys behind the first any more', advice }]
}

async function keyFinding(part: string, fromEnv: boolean, variable: string, file: string): Promise<Finding> {
  if (fromEnv) return { part, state: 'ok', text: `given by ${variable}` }
  const found = await stat(file).catch(() => null)
  if (found === null) return { part, state: 'ok', text: `will be made in ${file} at the first start` }
  if ((found.mode & 0o077) === 0) return { part, state: 'ok', text: `in ${file}, readable by its owner only` }
  const mode = (found.mode & 0o777).toString(8)
  return { part, state: 'fail', text: `${file} has mode ${mode}`, advice: `chmod 600 ${file}` }
}

/** Do all utility definitions load? */
export async function checkUtilities(config: Config): Promise<Finding[]> {
  const { utilities, problems } = await loadUtilities({
    builtInDir: fileURLToPath(new URL('config/utilities', PACKAGE_ROOT)),
    ...(config.utilitiesDir ? { operatorDir: config.utilitiesDir } : {}),
    checkTemplate: templateReason,
  })
  const part = 'utilities'
  if (problems.length === 0) return [{ part, state: 'ok', text: `${utilities.size} definitions` }]
  const advice = 'mfa-relay utility check says where and why'
  return [{ part, state: 'fail', text: `${problems.length} definition problem(s)`, advice }]
}
