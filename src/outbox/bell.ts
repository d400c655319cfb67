import type { Clock } from './clock.ts'

/** Lets a loop sleep until a time or until it is called. A ring while nobody sleeps is not lost. */
export type Bell = {
  ring(): void
  /** Whether it rang since it was hushed. */
  isRung(): boolean
  hush(): void
  /** Resolves after `ms` or at a ring; at once if it rang already. */
  wait(ms: number): Promise<void>
}

export function makeBell(clock: Clock): Bell {
  let isRung = false
  let wake: (() => void) | null = null
  return {
    ring() {
      isRung = true
      wake?.()
    },
    isRung: () => isRung,
    hush() {
      isRung = false
    },
    async wait(ms) {
      await new Promise<void>((resolve) => {
        if (isRung) return resolve()
        const cancel = clock.after(ms, resolve)
        wake = () => {
          cancel()
          resolve()
        }
      })
      wake = null
    },
  }
}
