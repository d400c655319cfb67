import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The relay's clock, to be moved while it runs. Timers go on as ever, as on a real machine. */
export type Clock = {
  /** By which means, for the report. */
  readonly how: string
  /** What the relay is started with. */
  readonly env: Readonly<Record<string, string>>
  /** What time it shows, ms UTC. */
  now(): number
  /** Ahead of the true time by so much. */
  shift(ms: number): void
  /** Stops at the time that it shows. */
  stop(): void
  remove(): void
}

/** libfaketime where it is installed: it moves the clock under the whole process; otherwise a preload module. */
export function movableClock(): Clock {
  const dir = mkdtempSync(join(tmpdir(), 'mfa-relay-clock-'))
  const file = join(dir, 'clock')
  const library = findLibrary()
  const write = (text: string): void => {
    // Never half written: the relay reads it at every look at the clock.
    writeFileSync(`${file}.new`, `${text}\n`)
    renameSync(`${file}.new`, file)
  }
  let offset = 0
  let stoppedAt: number | null = null
  const set = (): void => {
    if (library) write(stoppedAt === null ? signed(offset / 1000) : faketimeText(stoppedAt))
    else write(JSON.stringify({ offset, stoppedAt }))
  }
  set()
  return {
    how: library ? 'libfaketime' : 'a preload module, as libfaketime is not installed',
    env: library
      ? {
          LD_PRELOAD: library,
          FAKETIME_TIMESTAMP_FILE: file,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
          // The text of an absolute time is read in local time.
          TZ: 'UTC',
        }
      : { NODE_OPTIONS: `--import=${new URL('clock-preload.ts', import.meta.url)}`, CHAOS_CLOCK: file },
    now: () => stoppedAt ?? Date.now() + offset,
    shift(ms) {
      offset = ms
      stoppedAt = null
      set()
    },
    stop() {
      stoppedAt = Math.floor((Date.now() + offset) / 1000) * 1000
      set()
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

const signed = (seconds: number): string => `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}`
const faketimeText = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ')

/** Debian keeps it in a folder of the architecture's name. */
function findLibrary(): string | null {
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : []
  const found = folders
    .map((folder) => join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1'))
    .find(existsSync)
  return found ?? null
}
