import type { Config } from '../../config.ts'

/** How one part is. `off`: optional and not configured. */
export type Finding = {
  readonly part: string
  readonly state: 'ok' | 'off' | 'warn' | 'fail'
  readonly text: string
  /** What to do; only where something is to be done. */
  readonly advice?: string
}

export type Check = (config: Config) => Promise<Finding[]>

/** How long doctor waits for any one answer from outside. */
export const PATIENCE_MS = 5_000

/** A system error's code (`ECONNREFUSED`), or its message. */
export const reason = (error: unknown): string =>
  error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error)
