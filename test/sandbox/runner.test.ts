import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Fetch, Relay } from '../../src/client/index.ts'
import type { Knobs } from '../../src/sandbox/knobs.ts'
import { collectBill, type RunnerStep } from '../../src/sandbox/runner.ts'
import type { SentCode } from '../../src/sandbox/send-code.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/start.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'

/* The runner against the real portal; the relay is played, so that each failure can be seen in what is reported. */

const ACCOUNT = { username: 'pat', password: 'not-a-real-password', email: 'mfa-aaaaaaaaaaaaaaaa@relay.test' }

let sandbox: Sandbox
let closeRelay: () => Promise<void>
beforeEach(async () => {
  const sink = await startSmtpSink()
  closeRelay = () => sink.close()
  sandbox = await startSandbox({
    smtp: { host: '127.0.0.1', port: sink.port },
    twilio: null,
    accounts: [ACCOUNT],
  })
})
afterEach(async () => {
  await sandbox.close()
  await closeRelay()
})

/** A relay that hands out what the portal sent, changed by `falsify`. */
function playedRelay(falsify: (sent: SentCode) => string = ({ code }) => code) {
  const reported: unknown[] = []
  const attempt = {
    id: 'attempt-1',
    openedAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 600_000).toISOString(),
  }
  const fetch: Fetch = async (url, { method, body }) => {
    const { pathname, searchParams } = new URL(url)
    const answer = async (): Promise<unknown> => {
      if (pathname.endsWith('/outcome')) return reported.push(JSON.parse(body ?? '{}')) && attempt
      if (method === 'POST') return attempt
      const index = searchParams.has('after') ? 1 : 0
      const sent = await waitFor(() => sandbox.portal.sent[index], 'the portal to send')
      return { id: `code-${index}`, code: falsify(sent) }
    }
    const text = JSON.stringify(await answer())
    return { status: 200, headers: { get: () => null }, text: async () => text }
  }
  return { relay: new Relay({ url: 'http://relay.test', apiKey: 'k', fetch }), reported }
}

const collect = (relay: Relay, knobs: Partial<Knobs> = {}, password = ACCOUNT.password) => {
  sandbox.portal.setKnobs(knobs)
  const steps: RunnerStep['step'][] = []
  const request = {
    portalUrl: sandbox.portal.url,
    username: ACCOUNT.username,
    password,
    codeTimeoutMs: 30_000,
  }
  const bill = collectBill(relay, 'connection-1', request, ({ step }) => steps.push(step))
  return { bill, steps }
}

describe('the reference login runner', () => {
  it('opens the attempt before it asks for a code, and reports the code accepted', async () => {
    const { relay, reported } = playedRelay()
    const { bill, steps } = collect(relay)
    expect(new TextDecoder().decode(await bill)).toMatch(/^%PDF-/)
    expect(steps).toEqual(['opened', 'asked', 'claimed', 'accepted', 'collected'])
    expect(reported).toEqual([{ status: 'CONNECTED', code: 'accepted' }])
  })

  it('asks once more when the code came too late, and takes only a newer one', async () => {
    const { relay } = playedRelay()
    const { bill, steps } = collect(relay, { expirySeconds: 0 })
    await expect(bill).rejects.toThrow('refused')
    expect(steps).toEqual(['opened', 'asked', 'claimed', 'claimed'])
    expect(sandbox.portal.sent).toHaveLength(2)
  })

  it('reports a refused code as such, and does not try another', async () => {
    const { relay, reported } = playedRelay(({ code }) => (code === '000000' ? '000001' : '000000'))
    await expect(collect(relay).bill).rejects.toThrow('refused')
    expect(reported).toMatchObject([{ status: 'MFA_TOKEN_EXPIRED', code: 'rejected' }])
    expect(sandbox.portal.isLocked(ACCOUNT.username)).toBe(false)
  })

  it('tells a wrong password from a locked account and a portal that is gone', async () => {
    const { relay, reported } = playedRelay(({ code }) => (code === '000000' ? '000001' : '000000'))
    await expect(collect(relay, {}, 'wrong').bill).rejects.toThrow()
    await expect(collect(relay, { lockAfter: 1 }).bill).rejects.toThrow('locked')
    await expect(collect(relay).bill).rejects.toThrow('locked')
    await sandbox.portal.close()
    await expect(collect(relay).bill).rejects.toThrow('cannot be reached')
    expect(reported.map((outcome) => (outcome as { status: string }).status)).toEqual([
      'PASSWORD_INCORRECT',
      'OTHER_ERROR',
      'OTHER_ERROR',
      'URL_INACCESSIBLE',
    ])
  })
})
