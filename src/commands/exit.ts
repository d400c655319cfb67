/** Exit codes as sysexits.h names them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** Wrong use of the command. */
  usage: 64,
  /** The input was not what it should be. */
  dataError: 65,
  /** An input file could not be read. */
  noInput: 66,
  /** A service we need is not there (port taken, disk full). */
  unavailable: 69,
  /** A fault of ours. */
  software: 70,
  /** A file that we were to make is there already, or its directory is not. */
  cannotCreate: 73,
  /** Worth trying again later. */
  temporary: 75,
  /** The configuration is wrong. */
  config: 78,
} as const

/** Ends a command with a sentence for stderr and an exit code of sysexits.h. */
export class CommandError extends Error {
  readonly exitCode: number
  constructor(exitCode: number, message: string) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}

/** Where a command writes; handed in so that tests can read it. */
export type CommandIo = {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}
