import { randomInt, randomUUID } from 'node:crypto'
import type { Knobs } from './knobs.ts'

/** A customer's account at Sandbox Power. */
export type Account = {
  readonly username: string
  readonly password: string
  /** Where codes go: an e-mail address and a phone number, either or both. */
  readonly email?: string | undefined
  readonly phone?: string | undefined
}

/** One browser's way through the login. */
export type Session = {
  readonly id: string
  readonly account: Account
  readonly knobs: Knobs
  readonly via: 'email' | 'sms'
  code: string
  codeExpiresAt: number
  isSignedIn: boolean
}

export type CodeCheck = 'accepted' | 'wrong' | 'expired' | 'locked'

/** The portal's memory: who may sign in, who is doing so, who is locked out. */
export type Accounts = {
  put(account: Account): void
  /** Null: wrong name or password. */
  begin(username: string, password: string, knobs: Knobs, via?: 'email' | 'sms'): Session | 'locked' | null
  /** A new code takes the place of the former. */
  newCode(session: Session): string
  session(id: string | undefined): Session | null
  check(session: Session, code: string): CodeCheck
  isLocked(username: string): boolean
  unlock(username: string): void
}

/** Accounts in memory. */
export function makeAccounts(now: () => number = Date.now): Accounts {
  const accounts = new Map<string, Account>()
  const sessions = new Map<string, Session>()
  const wrongCodes = new Map<string, number>()
  const locked = new Set<string>()
  return {
    put: (account) => void accounts.set(account.username, account),
    begin(username, password, knobs, via) {
      const account = accounts.get(username)
      if (!account || account.password !== password) return null
      if (locked.has(username)) return 'locked'
      const channel = via ?? (account.email ? 'email' : 'sms')
      const session = {
        id: randomUUID(),
        account,
        knobs,
        via: channel,
        code: '',
        codeExpiresAt: 0,
        isSignedIn: false,
      }
      sessions.set(session.id, session)
      return session
    },
    newCode(session) {
      session.code = String(randomInt(0, 1_000_000)).padStart(6, '0')
      session.codeExpiresAt = now() + session.knobs.expirySeconds * 1000
      return session.code
    },
    session: (id) => (id === undefined ? null : (sessions.get(id) ?? null)),
    check(session, code) {
      const { username } = session.account
      if (locked.has(username)) return 'locked'
      if (code === session.code && now() >= session.codeExpiresAt) return 'expired'
      if (code === session.code) {
        session.isSignedIn = true
        wrongCodes.delete(username)
        return 'accepted'
      }
      const count = (wrongCodes.get(username) ?? 0) + 1
      wrongCodes.set(username, count)
      if (session.knobs.lockAfter > 0 && count >= session.knobs.lockAfter) locked.add(username)
      return locked.has(username) ? 'locked' : 'wrong'
    },
    isLocked: (username) => locked.has(username),
    unlock(username) {
      locked.delete(username)
      wrongCodes.delete(username)
    },
  }
}
