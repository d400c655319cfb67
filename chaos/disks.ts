import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atExit } from './at-exit.ts'

/** A directory that can be made to refuse writes. */
export type Disk = {
  readonly path: string
  /** By which means, for the report. */
  readonly how: string
  /** Whether a relay that is killed meanwhile can be started on it again: a limit dies with its process. */
  readonly outlivesProcess: boolean
  /** From now on writes of this process fail. */
  spoil(pid: number): void
  /** Writes work again. Some disks must be let go of first: kill the relay before. */
  mend(pid: number | undefined): void
  remove(): void
}

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const works = (command: string, ...args: string[]): boolean => {
  try {
    run(command, ...args)
    return true
  } catch {
    return false
  }
}

const freshDir = (): string => mkdtempSync(join(tmpdir(), 'mfa-relay-disk-'))
const TMPFS_BYTES = 24 * 1024 * 1024
const IMAGE_MIB = 64

/** A tmpfs that is filled to the brim; where mounting is not allowed, a limit on the size of files. */
export function diskToFill(): Disk {
  const path = freshDir()
  if (!works('mount', '-t', 'tmpfs', '-o', `size=${TMPFS_BYTES}`, 'tmpfs', path)) return limitedWrites(path)
  const ballast = join(path, 'ballast')
  const forget = atExit(() => letGo(path))
  return {
    path,
    how: `tmpfs of ${TMPFS_BYTES / 1024 ** 2} MiB, filled`,
    outlivesProcess: true,
    spoil: () => fill(ballast),
    mend: () => rmSync(ballast, { force: true }),
    remove() {
      forget()
      run('umount', path)
      rmdirSync(path)
    },
  }
}

/** Thawed if it is frozen, and detached even if somebody still holds a file. */
function letGo(path: string): void {
  works('fsfreeze', '--unfreeze', path)
  works('umount', '--lazy', path)
}

function fill(file: string): void {
  const handle = openSync(file, 'a')
  // Ever smaller pieces: not one byte is to be left.
  for (let bytes = 1024 * 1024; bytes >= 1; ) {
    try {
      if (writeSync(handle, Buffer.alloc(bytes)) < bytes) bytes = Math.floor(bytes / 2)
    } catch {
      bytes = Math.floor(bytes / 2)
    }
  }
  closeSync(handle)
}

/**
 * A file system that turns read-only with its files open, as the kernel does after an error of the disk; where
 * that is not possible, the same limit as above.
 */
export function diskToLock(): Disk {
  const image = mountImage()
  if (!image) return limitedWrites(freshDir())
  const { path, file } = image
  return {
    path,
    how: 'ext4 on a loop device, turned read-only by the kernel (remount,abort)',
    outlivesProcess: true,
    spoil: () => void run('mount', '-o', 'remount,abort', path),
    mend() {
      run('umount', path)
      run('mount', '-o', 'loop,errors=remount-ro', file, path)
    },
    remove: image.remove,
  }
}

/** A disk that can be made to let every write wait; null where that is not possible. */
export function diskToFreeze():
  | (Pick<Disk, 'path' | 'how' | 'remove'> & { freeze(): void; thaw(): void })
  | null {
  const image = mountImage()
  if (!image) return null
  const { path, remove } = image
  if (!works('fsfreeze', '--freeze', path)) {
    remove()
    return null
  }
  run('fsfreeze', '--unfreeze', path)
  return {
    path,
    how: 'ext4 on a loop device, frozen and thawed (fsfreeze)',
    freeze: () => void run('fsfreeze', '--freeze', path),
    thaw: () => void works('fsfreeze', '--unfreeze', path),
    remove,
  }
}

function mountImage(): { path: string; file: string; remove(): void } | null {
  const path = freshDir()
  const file = `${path}.img`
  const isMounted =
    works('truncate', '-s', `${IMAGE_MIB}M`, file) &&
    works('mkfs.ext4', '-q', '-F', file) &&
    works('mount', '-o', 'loop,errors=remount-ro', file, path)
  const forget = atExit(() => letGo(path))
  const remove = (): void => {
    forget()
    if (isMounted) run('umount', path)
    rmSync(file, { force: true })
    rmdirSync(path)
  }
  if (isMounted) return { path, file, remove }
  remove()
  return null
}

/** Needs no privilege: the process may write no file beyond its first byte. Node ignores SIGXFSZ: writes fail. */
function limitedWrites(path: string): Disk {
  return {
    path,
    how: 'RLIMIT_FSIZE 0 (prlimit), as nothing may be mounted here',
    outlivesProcess: false,
    spoil: (pid) => void run('prlimit', '--pid', String(pid), '--fsize=0:'),
    mend: (pid) => void (pid && run('prlimit', '--pid', String(pid), '--fsize=unlimited:')),
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}
