const COMPACT = /^[0-9a-f]{32}$/
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

/** A UUID as 32 hex digits, for places where every character counts. @throws Error when it is no UUID */
export function compactId(id: string): string {
  if (!UUID.test(id)) throw new Error('not an id of ours')
  return id.replaceAll('-', '')
}

/** The UUID that {@link compactId} shortened, or null if it is none. */
export function expandId(compact: string): string | null {
  if (!COMPACT.test(compact)) return null
  const at = (from: number, to?: number) => compact.slice(from, to)
  return [at(0, 8), at(8, 12), at(12, 16), at(16, 20), at(20)].join('-')
}
