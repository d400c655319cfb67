import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** What runs in the other process: it holds the write lock until its input ends. */
const HOLDER = `
  const Database = require('better-sqlite3')
  const database = new Database(process.argv[1], { timeout: 10000 })
  database.exec('begin immediate')
  process.stdout.write('held')
  process.stdin.on('end', () => { database.exec('rollback'); process.exit(0) }).resume()`

/**
 * Has another process hold the write lock of a store, as a stuck maintenance job would.
 *
 * @returns how to let go
 */
export async function holdWriteLock(path: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, ['-e', HOLDER, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return async () => {
    const gone = once(child, 'exit')
    child.stdin.end()
    await gone
  }
}
