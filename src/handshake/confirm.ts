import { FetchError } from '../http/fetch-error.ts'
import type { SafeFetch, SafeResponse } from '../http/safe-fetch.ts'

/** How answering a mail provider went. */
export type Answer =
  | 'confirmed'
  /** No link that may be followed; or it led somewhere else. */
  | 'bad_link'
  /** The provider does not know the link (any more). */
  | 'rejected'
  /** It answered, but still asks. */
  | 'not_confirmed'
  /** It did not answer: worth trying again. */
  | 'unavailable'

export type ConfirmDeps = {
  readonly fetch: SafeFetch
  /** Whether a link confirms and nothing else: asked of the first and of each that it leads to. */
  readonly isConfirming: (link: string) => boolean
}

const MOST_REDIRECTS = 2
const DEADLINE_MS = 10_000
const MAX_BYTES = 256 * 1024
const REDIRECTS = new Set([301, 302, 303, 307, 308])

/**
 * Answers yes to a mail provider. Opening its link only shows a page with a button; what confirms is the empty POST
 * that the button sends. Each hop is asked for anew, never followed blindly, and without cookies.
 */
export async function confirm({ fetch, isConfirming }: ConfirmDeps, link: string): Promise<Answer> {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  let url = link
  try {
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
      if (!isConfirming(url)) return 'bad_link'
      const response = await fetch({
        url,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '0' },
        maxBytes: MAX_BYTES,
        deadlineMs: DEADLINE_MS,
        signal,
      })
      if (!REDIRECTS.has(response.status)) return readAnswer(response)
      url = URL.parse(response.headers.location ?? '', url)?.href ?? ''
    }
    return 'bad_link'
  } catch (error) {
    if (!(error instanceof FetchError)) throw error
    return error.isTemporary ? 'unavailable' : 'bad_link'
  }
}

function readAnswer({ status, body }: SafeResponse): Answer {
  if (status === 429 || status >= 500) return 'unavailable'
  if (status < 200 || status >= 300) return 'rejected'
  return hasButton(body.toString('utf8')) ? 'not_confirmed' : 'confirmed'
}

/** A page that confirmed has nothing left to send. */
const hasButton = (html: string): boolean =>
  /<form\b/i.test(html) && /<button\b|<input\b[^>]{0,500}\btype\s*=\s*["']?(?:submit|image)\b/i.test(html)
