import type { Config } from '../config.ts'

/** What is under way when the process is to end has so long: half of the time, as the rest has to be closed after it. */
export const graceMs = ({ shutdownSeconds }: Pick<Config, 'shutdownSeconds'>): number =>
  (shutdownSeconds * 1000) / 2
