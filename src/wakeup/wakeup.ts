/**
 * Hints that something changed. A hint may be lost or repeated: who hears one asks the store, and who needs
 * certainty asks it now and then anyway.
 */
export type Wakeup = {
  /** @param topic a code source, an attempt, `outbox`, `events`, `notices` or `keys` */
  notify(topic: string): void
  /**
   * Calls `listener` for every topic notified, here or on another node, and with {@link ANY_TOPIC} after hints may
   * have been missed. Answers how to stop.
   */
  subscribe(listener: (topic: string) => void): () => void
  /** False while hints from other nodes cannot arrive: waiters then poll slowly. */
  isHealthy(): boolean
  close(): Promise<void>
}

/** The topic on which new deliveries are announced. */
export const OUTBOX_TOPIC = 'outbox'
/** The topic on which it is announced that companies may have something to hear. */
export const EVENTS_TOPIC = 'events'
/** The topic on which it is announced that mail with bills has come. */
export const BILLS_TOPIC = 'bills'
/** The topic on which mails to people are announced. */
export const NOTICES_TOPIC = 'notices'
/** The topic on which it is announced that an API key was revoked. */
export const KEYS_TOPIC = 'keys'
/** Stands for every topic: hints were missed, so all that is listened for may have changed. */
export const ANY_TOPIC = '*'
