/** Why a URL from outside was not fetched. */
export type FetchProblem =
  | 'url'
  | 'scheme'
  | 'port'
  | 'credentials'
  | 'address'
  | 'redirects'
  | 'too_large'
  | 'encoding'
  | 'name'
  | 'unreachable'
  | 'deadline'
  | 'aborted'

const TEMPORARY: ReadonlySet<FetchProblem> = new Set(['name', 'unreachable', 'deadline', 'aborted'])

/** A fetch that brought no answer. The message names no path or query: presigned URLs are keys. */
export class FetchError extends Error {
  readonly problem: FetchProblem

  constructor(problem: FetchProblem, message: string) {
    super(message)
    this.name = 'FetchError'
    this.problem = problem
  }

  /** Worth trying again later. */
  get isTemporary(): boolean {
    return TEMPORARY.has(this.problem)
  }

  /** What a failing name, connection, handshake or stream comes to. */
  static of(error: unknown): FetchError {
    if (error instanceof FetchError) return error
    const code = (error as { code?: unknown } | null)?.code
    const name = typeof code === 'string' ? code : 'connection failed'
    if (name.startsWith('Z_')) return new FetchError('encoding', 'damaged content encoding')
    const isName = code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EAI_AGAIN'
    return new FetchError(isName ? 'name' : 'unreachable', name)
  }
}
