/**
 * Hints that something changed. A hint may be lost or repeated: who hears one asks the store, and who needs
 * certainty asks it now and then anyway.
 */
export type Wakeup = {
  /** @param topic a code source, or `outbox` */
  notify(topic: string): void
  /** Calls `listener` for every topic notified, here or on another node. Answers how to stop. */
  subscribe(listener: (topic: string) => void): () => void
  /** False while hints from other nodes cannot arrive: waiters then poll slowly. */
  isHealthy(): boolean
  close(): Promise<void>
}

/** The topic on which new deliveries are announced. */
export const OUTBOX_TOPIC = 'outbox'
