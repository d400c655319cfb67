import { hostKey, type Limits } from './limits.ts'

/** What a door asks about a peer. `undefined`: not known, as behind LMTP; nobody is then held responsible. */
export type DoorGuard = {
  /** Whether the peer may hand over one more message now. */
  admits(peer: string | undefined): Promise<boolean>
  /** Resolves when the refusal of an unknown recipient may be said: for those who guess addresses, late. */
  beforeRefusal(peer: string | undefined): Promise<void>
}

export type DoorGuardOptions = {
  readonly limits: Limits
  /** TRUSTED_NETWORKS: never limited. */
  readonly isExempt: (peer: string) => boolean
  readonly tarpitMs: number
  /** So many are held at once; others are answered at once, so that probing cannot use up our connections. */
  readonly mostHeld: number
  readonly pause?: (ms: number) => Promise<void>
}

/** Guards the SMTP door by sending host. Nothing is ever greylisted: a delay would cost the code its life. */
export function doorGuard(options: DoorGuardOptions): DoorGuard {
  const { limits, isExempt, tarpitMs, mostHeld, pause = sleep } = options
  let held = 0
  return {
    async admits(peer) {
      if (peer === undefined || isExempt(peer)) return true
      return (await limits.take('host_messages', hostKey(peer))) === null
    },
    async beforeRefusal(peer) {
      if (peer === undefined || isExempt(peer)) return
      const isProbing = (await limits.take('host_unknown_recipients', hostKey(peer))) !== null
      if (!isProbing || held >= mostHeld) return
      held += 1
      try {
        await pause(tarpitMs)
      } finally {
        held -= 1
      }
    },
  }
}

/**
 * Nothing is waited for but the time itself, which is what guessing is to cost. Does not keep the process alive: whoever
 * is held has nothing to wait for once we end.
 */
const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms).unref())
