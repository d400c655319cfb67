import { type DestinationStream, type Logger, pino } from 'pino'

/** What events are written with: whatever `startLog` set last. */
export let logger: Logger = pino({ level: 'silent' })

/** Sets where events go; called once by the program's entry (and by worker threads). Level as pino names them. */
export function startLog(level: string, destination?: DestinationStream): void {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  logger = destination ? pino(options, destination) : pino(options)
}

/** Name and message of an error; never its cause chain or properties, which may carry what was parsed. */
export const brief = (error: unknown): { name: string; message: string } =>
  error instanceof Error
    ? { name: error.name, message: error.message.slice(0, 300) }
    : { name: 'unknown', message: String(error).slice(0, 300) }

/** Where it was thrown. */
export const trail = (error: unknown): string | undefined =>
  error instanceof Error ? error.stack?.split('\n').slice(1, 6).join('\n') : undefined
