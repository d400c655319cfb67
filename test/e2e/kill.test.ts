import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { type RelayProcess, startProcess } from '../support/process.ts'
import { ADMIN_KEY, callApi, provision, testEnvironment } from '../support/relay.ts'
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'

/* kill -9 of the real program: what was acknowledged is there after the restart, and nothing is handed out twice. */

let dataDir: string
let sink: SmtpSink
let holdCopies: boolean
let copiesOffered: number
let relay: RelayProcess

const environment = (): Record<string, string> => ({
  ...testEnvironment(dataDir),
  OUTBOUND_SMTP_URL: sink.smtpUrl,
  LOG_LEVEL: 'info',
})
const api = <T = Record<string, unknown>>(method: string, path: string, body?: unknown) =>
  callApi<T>(relay.url, method, path, body, ADMIN_KEY)

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-kill-'))
  holdCopies = false
  copiesOffered = 0
  sink = await startSmtpSink({
    refuseMessage: () => {
      copiesOffered += 1
      return holdCopies ? { code: 451, text: 'come back later' } : null
    },
  })
  relay = await startProcess(environment())
})
afterEach(async () => {
  await relay.stop('SIGKILL')
  await sink.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const openAttempt = async (connectionId: string): Promise<string> =>
  (await api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})).body.id
const poll = (attemptId: string, wait = 0) =>
  api<{ id: string; code: string }>('GET', `/v2/attempt/${attemptId}/code?wait=${wait}`)

describe('kill -9', () => {
  it('after the 250 loses no message, no code, no copy', async () => {
    holdCopies = true
    const { connectionId, emailAddress } = await provision({ api }, { emails: ['pat@customer.test'] })
    const attempt = await openAttempt(connectionId)
    const reply = await sendMail(relay.smtpPort, { to: emailAddress, text: codeText('909192') })
    expect(reply).toMatch(/^250/)
    await relay.kill()

    holdCopies = false
    relay = await startProcess(environment())
    const answer = await poll(attempt, 10)
    expect(answer).toMatchObject({ status: 200, body: { code: '909192' } })
    const copy = await sink.waitFor((mail) => mail.parsed.text?.includes('909192') ?? false, 25_000)
    expect(copy.envelope.to).toEqual(['pat@customer.test'])
  })

  it('after the claim lets the same attempt read its code again, and nobody else', async () => {
    const { connectionId, emailAddress } = await provision({ api })
    const attempt = await openAttempt(connectionId)
    await sendMail(relay.smtpPort, { to: emailAddress, text: codeText('414243') })
    const first = await poll(attempt, 10)
    expect(first.body.code).toBe('414243')
    await relay.kill()

    relay = await startProcess(environment())
    expect((await poll(attempt)).body).toMatchObject({ id: first.body.id, code: '414243' })
    await api('POST', `/v2/attempt/${attempt}/outcome`, {})
    const next = await openAttempt(connectionId)
    expect((await poll(next)).status).toBe(204)
  })

  it('while the copy is being sent sends it again, with the same Message-ID', async () => {
    holdCopies = true
    const { emailAddress } = await provision({ api }, { emails: ['pat@customer.test'] })
    await sendMail(relay.smtpPort, { to: emailAddress, text: codeText('717273') })
    await waitFor(() => copiesOffered > 0, 'the copy to be offered')
    await relay.kill()

    holdCopies = false
    relay = await startProcess(environment())
    await sink.waitFor((mail) => mail.parsed.text?.includes('717273') ?? false, 60_000)
    const ids = new Set(sink.mails.map(({ parsed }) => parsed.messageId))
    expect(ids.size).toBe(1)
  }, 90_000)
})

describe('SIGTERM', () => {
  it('answers who waits, keeps the attempt, and ends with 0 within ten seconds', async () => {
    const { connectionId, emailAddress } = await provision({ api })
    const attempt = await openAttempt(connectionId)
    const waiting = poll(attempt, 60)
    await waitFor(
      async () => /mfa_relay_waiters 1\b/.test(await (await fetch(`${relay.url}/metrics`)).text()),
      'the runner to wait',
    )
    const code = await relay.stop()
    expect(code).toBe(0)
    expect((await waiting).status).toBe(204)

    relay = await startProcess(environment())
    await sendMail(relay.smtpPort, { to: emailAddress, text: codeText('515253') })
    expect((await poll(attempt, 10)).body.code).toBe('515253')
  })
})
