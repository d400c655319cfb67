/** What is known of the way that hints take, from the signs of life that came along it. */
export type Link = {
  /** A message of this node came: our own shows that both directions work. True: the link had been lost. */
  heard(node: string): boolean
  /** It said goodbye; nothing of its is missed from now on. */
  left(node: string): void
  /** The connection broke. */
  lost(): void
  /** Whether our own messages come back. */
  isUp(): boolean
  /** Others that fell silent without a goodbye, and were heard not long ago: hints of theirs may be missing. */
  silent(): string[]
  /** Others that are heard. */
  count(): number
}

export type LinkOptions = {
  readonly nodeId: string
  /** So long without a sign is silence. */
  readonly silentMs: number
  /** So long a silent node is remembered: it may live and be cut off from Redis alone. */
  readonly rememberMs: number
  readonly now: () => number
}

export function watchLink({ nodeId, silentMs, rememberMs, now }: LinkOptions): Link {
  const others = new Map<string, number>()
  let ownAt: number | null = null
  const since = (at: number): number => now() - at
  return {
    heard(node) {
      if (node !== nodeId) {
        others.set(node, now())
        return false
      }
      const wasLost = ownAt === null || since(ownAt) > silentMs
      ownAt = now()
      return wasLost
    },
    left: (node) => void others.delete(node),
    lost() {
      ownAt = null
    },
    isUp: () => ownAt !== null && since(ownAt) <= silentMs,
    silent() {
      for (const [node, at] of others) if (since(at) > rememberMs) others.delete(node)
      return [...others].filter(([, at]) => since(at) > silentMs).map(([node]) => node)
    },
    count: () => [...others.values()].filter((at) => since(at) <= silentMs).length,
  }
}
