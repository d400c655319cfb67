import { setTimeout as pause } from 'node:timers/promises'
import type { Relay } from '../client/index.ts'
import { collectNextBill, type RunnerStep } from './runner.ts'

export type CollectorOptions = {
  readonly relay: Relay
  readonly portalUrl: string
  /** A line for people. */
  readonly tell: (line: string) => void
  /** So long to rest when no login is due; default 3 s. */
  readonly idleMs?: number
}

const IDLE_MS = 3_000

/**
 * A login runner that takes whatever login at Sandbox Power is due, one after the other, until it is stopped. What fails
 * is told and left: the relay knows when to try again.
 */
export function startCollector({ relay, portalUrl, tell, idleMs = IDLE_MS }: CollectorOptions) {
  const stopping = new AbortController()
  const { signal } = stopping

  async function collectOne(): Promise<boolean> {
    try {
      const done = await collectNextBill(relay, { portalUrl, signal }, (step) =>
        tell(`runner    ${describe(step)}`),
      )
      return done !== null
    } catch (error) {
      if (signal.aborted) return false
      tell(`runner    ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`)
      return false
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      if (await collectOne()) continue
      await pause(idleMs, undefined, { signal }).catch(() => undefined)
    }
  }

  const running = run()
  return {
    /** Breaks off the login that is under way; it is due again. */
    async stop(): Promise<void> {
      stopping.abort()
      await running
    },
  }
}

function describe(step: RunnerStep): string {
  switch (step.step) {
    case 'opened':
      return `leased a ${step.purpose === 'test_login' ? 'test login' : 'login'}, attempt ${step.attemptId}`
    case 'asked':
      return 'signed in; the portal asks for a code'
    case 'claimed':
      return `got the code ${step.code.code} (${step.code.channel}, ${step.code.verdict})`
    case 'accepted':
      return 'the portal took the code'
    case 'collected':
      return `fetched the newest bill, ${step.bytes} bytes`
  }
}
