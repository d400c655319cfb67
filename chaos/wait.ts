import { setTimeout as sleep } from 'node:timers/promises'

export { sleep }

/**
 * Waits until something holds; what the probe throws counts as "not yet".
 *
 * @returns what the probe answered, or null when time ran out: what that means is for the caller to say
 */
export async function until<T>(probe: () => T | Promise<T>, timeoutMs: number): Promise<T | null> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      const value = await probe()
      if (value) return value
    } catch {}
    if (performance.now() > deadline) return null
    await sleep(20)
  }
}

/** Blocks until an instant (performance.now()): timers are too coarse to kill within a fifth of a millisecond. */
export function spinUntil(at: number): void {
  while (performance.now() < at);
}
