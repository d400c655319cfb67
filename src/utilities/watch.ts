import { type FSWatcher, watch } from 'node:fs'
import type { Utilities } from './definition.ts'
import { type LoadOptions, loadUtilities } from './load.ts'
import type { Problem } from './problem.ts'

export type WatchOptions = LoadOptions & {
  /** What is in force until the first change. */
  readonly initial: Utilities
  /** A whole new set is in force. Also called when a custom extractor's file changed. */
  onChange(utilities: Utilities): void
  /** A change that is not used, and why; what was in force stays in force. */
  onProblems(problems: readonly Problem[]): void
}

export type UtilitiesWatch = {
  /** The set in force. */
  current(): Utilities
  /** Reads everything again now, for file systems that report no changes (some network mounts). */
  reload(): void
  close(): void
}

/** An editor's save is several events, and the first may show half a file; reading waits until they pause. */
const SETTLE_MS = 100

/**
 * Keeps definitions current while the relay runs: files that change are read again without a restart. It is all
 * or nothing: a set with any problem is not used, so that a slip of the pen takes away no working definition.
 */
export function watchUtilities(options: WatchOptions): UtilitiesWatch {
  let current = options.initial
  let settling: NodeJS.Timeout | undefined

  const reload = (): void => {
    clearTimeout(settling)
    const { utilities, problems } = loadUtilities(options)
    if (problems.length > 0) {
      options.onProblems(problems)
      return
    }
    current = utilities
    options.onChange(utilities)
  }
  const settle = (): void => {
    clearTimeout(settling)
    settling = setTimeout(reload, SETTLE_MS)
    settling.unref()
  }
  const watchers = [options.builtInDir, options.operatorDir].flatMap((dir) =>
    dir === undefined ? [] : watchDirectory(dir, settle, options.onProblems),
  )
  return {
    current: () => current,
    reload,
    close: () => {
      clearTimeout(settling)
      for (const watcher of watchers) watcher.close()
    },
  }
}

/** The directory is watched, not its files: editors replace a file by renaming another over it. */
function watchDirectory(
  dir: string,
  onEvent: () => void,
  onProblems: WatchOptions['onProblems'],
): FSWatcher[] {
  const complain = (error: Error): void =>
    onProblems([{ file: dir, reason: `changes are not noticed until a restart: ${error.message}` }])
  try {
    return [watch(dir, { persistent: false }, onEvent).on('error', complain)]
  } catch (error) {
    complain(error as Error)
    return []
  }
}
