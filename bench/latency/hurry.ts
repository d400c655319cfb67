/* Preloaded into the relay: what it does once an hour, the purge, it does when it is sent SIGUSR2. */

const HOUR_MS = 3_600_000
const { setInterval: every } = globalThis

globalThis.setInterval = ((act: () => void, ms?: number) => {
  if (ms === HOUR_MS) process.on('SIGUSR2', act)
  return every(act, ms)
}) as typeof setInterval
