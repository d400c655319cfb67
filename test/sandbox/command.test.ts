import { createTransport } from 'nodemailer'
import { describe, expect, it } from 'vitest'
import { CommandError, EXIT } from '../../src/commands/exit.ts'
import { runSandbox, type SandboxArguments } from '../../src/commands/sandbox.ts'
import { makeBrowser } from '../../src/sandbox/browser.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'

function run(args: Partial<SandboxArguments> = {}) {
  const lines: string[] = []
  const io = { out: (line: string) => void lines.push(line), err: (line: string) => void lines.push(line) }
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  const all = { port: '0', relaySmtp: '127.0.0.1:2525', relayUrl: 'http://127.0.0.1:8080', ...args }
  const running = runSandbox(all, {}, io, stopped)
  return { running, stop, text: () => lines.join('\n') }
}

describe('mfa-relay sandbox', () => {
  it('says where everything is; its portal mails to the relay, its mailbox takes copies', async () => {
    const relay = await startSmtpSink()
    const { running, stop, text } = run({ relaySmtp: `127.0.0.1:${relay.port}` })
    await waitFor(() => text().includes('Sandbox Power'), 'the introduction')
    const portal = /(http:\/\/127\.0\.0\.1:\d+)\/login/.exec(text())![1]!
    const account = { username: 'pat@example.com', password: 'sandbox-password', email: 'mfa-x@relay.test' }
    await fetch(`${portal}/sandbox/accounts`, { method: 'POST', body: JSON.stringify(account) })
    const { username, password } = account
    expect((await makeBrowser(portal).submit('/login', { username, password })).path).toBe('/mfa')
    await waitFor(() => relay.mails.length > 0, 'the code at the relay')

    const mailbox = createTransport(/smtp:\/\/127\.0\.0\.1:\d+/.exec(text())![0])
    await mailbox.sendMail({ from: 'codes@relay.test', to: 'pat@customer.test', subject: 'A copy' })
    await waitFor(() => text().includes('pat@customer.test   A copy'), 'the mailbox to tell')
    stop()
    await running
    await relay.close()
  })

  it.each([
    [{ port: 'many' }, '--port'],
    [{ relaySmtp: 'localhost' }, '--relay-smtp'],
    [{ relayUrl: 'nonsense' }, '--relay-url'],
    [{ runner: true }, 'RELAY_API_KEY'],
  ])('refuses %j as wrong use', async (args, option) => {
    const refusal = await run(args).running.catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(CommandError)
    expect(refusal).toMatchObject({ exitCode: EXIT.usage, message: expect.stringContaining(option) })
  })

  it('says when a port is taken', async () => {
    const taken = await startSmtpSink()
    const refusal = await run({ port: String(taken.port) }).running.catch((error: unknown) => error)
    expect(refusal).toMatchObject({ exitCode: EXIT.unavailable })
    await taken.close()
  })
})
