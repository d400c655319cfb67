import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { type Account, type Accounts, makeAccounts, type Session } from './accounts.ts'
import { type Knobs, NO_TROUBLE } from './knobs.ts'
import { portalRoutes } from './portal-routes.ts'
import { type SenderOptions, type SentCode, sendCode } from './send-code.ts'

export type PortalOptions = SenderOptions & {
  /** 0, the default: any free port. */
  readonly port?: number
  readonly accounts?: readonly Account[]
  readonly knobs?: Partial<Knobs>
  /** A code could not be handed over. The person signing in is not told; nor do real portals. */
  readonly onSendFailure?: (error: unknown) => void
}

/** Sandbox Power, running. */
export type Portal = {
  readonly url: string
  readonly port: number
  /** Every code that was handed over, oldest first. */
  readonly sent: readonly SentCode[]
  setKnobs(change: Partial<Knobs>): Knobs
  putAccount(account: Account): void
  isLocked(username: string): boolean
  unlock(username: string): void
  close(): Promise<void>
}

/** Starts the portal on loopback. */
export async function startPortal(options: PortalOptions): Promise<Portal> {
  const accounts = makeAccounts()
  for (const account of options.accounts ?? []) accounts.put(account)
  let knobs: Knobs = { ...NO_TROUBLE, ...options.knobs }
  const setKnobs = (change: Partial<Knobs>) => {
    knobs = { ...knobs, ...change }
    return knobs
  }
  const post = makePost(options, accounts)
  const app = portalRoutes({
    accounts,
    knobs: () => knobs,
    setKnobs,
    sent: post.sent,
    challenge: post.challenge,
  })
  const server = createAdaptorServer({ fetch: app.fetch })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    sent: post.sent,
    setKnobs,
    putAccount: accounts.put,
    isLocked: accounts.isLocked,
    unlock: accounts.unlock,
    async close() {
      post.cancel()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Sends codes in the background: the page does not wait for the mail, nor does a real one. */
function makePost(options: PortalOptions, accounts: Accounts) {
  const sent: SentCode[] = []
  const timers = new Set<NodeJS.Timeout>()

  async function handOver(session: Session): Promise<void> {
    try {
      sent.push(...(await sendCode(options, session)))
    } catch (error) {
      options.onSendFailure?.(error)
    }
  }
  function after(ms: number, call: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      call()
    }, ms)
    timers.add(timer)
  }
  function challenge(session: Session): void {
    const { delayMs, resendAfterMs } = session.knobs
    accounts.newCode(session)
    const asItIsNow = { ...session }
    after(delayMs, () => void handOver(asItIsNow))
    if (resendAfterMs === 0) return
    after(delayMs + resendAfterMs, () => {
      accounts.newCode(session)
      void handOver({ ...session })
    })
  }
  return {
    sent,
    challenge,
    cancel() {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
