import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Late enough that compiling and loading are over, and that threads of short-lived tests never get here. */
const AFTER_MS = 1_500

/**
 * Has this thread give back, once, what its start left behind: source text, compiled forms, module graphs. V8 would
 * keep it until the heap grows, and a relay with five threads would hold 60 MB more than it uses.
 */
export function collectStartupGarbage(): void {
  setTimeout(() => {
    // The only way to V8's collector without starting the process with a flag.
    setFlagsFromString('--expose-gc')
    const collect: (options: { type: 'major'; flavor: 'last-resort' }) => void = runInNewContext('gc')
    collect({ type: 'major', flavor: 'last-resort' })
  }, AFTER_MS).unref()
}
