import type { Wakeup } from './wakeup.ts'

/** Wake-ups within one process. */
export function memoryWakeup(): Wakeup {
  const listeners = new Set<(topic: string) => void>()
  return {
    notify(topic) {
      for (const listener of listeners) listener(topic)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    isHealthy: () => true,
    async close() {
      listeners.clear()
    },
  }
}
