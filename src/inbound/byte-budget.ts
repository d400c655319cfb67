/** How many bytes of messages the process holds in memory at once, over all doors. */
export type ByteBudget = {
  /** Takes so many bytes more; false: there is no room, and nothing was taken. */
  take(bytes: number): boolean
  give(bytes: number): void
  readonly held: number
}

export function createByteBudget(limit: number): ByteBudget {
  let held = 0
  return {
    take(bytes) {
      if (held + bytes > limit) return false
      held += bytes
      return true
    },
    give: (bytes) => {
      held -= bytes
    },
    get held() {
      return held
    },
  }
}
