/** A page that the browser got: status, final path, body. */
export type Page = {
  readonly status: number
  readonly path: string
  readonly body: Uint8Array
  readonly text: string
}

/** As much of a browser as a login needs: cookies, forms, redirects. */
export type Browser = {
  get(path: string): Promise<Page>
  submit(path: string, form: Readonly<Record<string, string>>): Promise<Page>
}

const REDIRECT_LIMIT = 5

/** @param signal ends every request under way */
export function makeBrowser(origin: string, signal?: AbortSignal): Browser {
  const cookies = new Map<string, string>()

  async function request(path: string, form?: URLSearchParams, redirects = 0): Promise<Page> {
    const url = new URL(path, origin)
    // A portal that sends us elsewhere does not get the session.
    if (url.origin !== new URL(origin).origin) throw new Error(`the portal leads away to ${url.origin}`)
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { body: form } : {}),
      ...(signal ? { signal } : {}),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
      if (name !== undefined && value !== undefined) cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && location) {
      if (redirects >= REDIRECT_LIMIT) throw new Error('the portal redirects in circles')
      await response.body?.cancel()
      return request(new URL(location, url).href, undefined, redirects + 1)
    }
    const body = new Uint8Array(await response.arrayBuffer())
    return { status: response.status, path: url.pathname, body, text: new TextDecoder().decode(body) }
  }

  return {
    get: (path) => request(path),
    submit: (path, form) => request(path, new URLSearchParams(form)),
  }
}
