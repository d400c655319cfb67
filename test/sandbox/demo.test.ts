import { describe, expect, it } from 'vitest'
import { runDemo } from '../../src/sandbox/demo.ts'

async function demo(options: Partial<Parameters<typeof runDemo>[0]> = {}) {
  const lines: string[] = []
  const io = { out: (line: string) => void lines.push(line), err: (line: string) => void lines.push(line) }
  const exitCode = await runDemo({ exit: true, io, ...options })
  return { exitCode, text: lines.join('\n') }
}

describe('the demo', () => {
  it('ends with 0 when all of it really happened', async () => {
    const { exitCode, text } = await demo()
    expect(text).toMatch(/All of it really happened/)
    expect(exitCode).toBe(0)
    for (const line of [
      /relay +gives the connection an address: mfa-[a-z2-7]{16}@relay\.localhost/,
      /relay +hands \d{6} to the runner, \d+ ms after it came \(trusted, by template\)/,
      /customer +finds a copy in the inbox: "Your Sandbox Power code"/,
      /customer +gets a copy by SMS: "\d{6} is your Sandbox Power code/,
      /in quarantine: no code, no copy/,
      /finds two codes that fit, and hands out none/,
      /keeps it once: one code, one copy to each/,
      /\d\d:\d\d:\d\d\.\d{3} +email +security@sandbox-power-billing\.test +quarantined/,
    ]) {
      expect(text).toMatch(line)
    }
  })

  it.each([
    ['copies cannot be sent', { OUTBOUND_SMTP_URL: 'smtp://127.0.0.1:1' }, 'the mail did not come'],
    ['the portal is not believed', { TRUSTED_NETWORKS: '' }, 'No code came'],
    ['the relay refuses the key', { ADMIN_API_KEY: 'another-key-0123456789' }, 'answered 401'],
  ])('ends with 1 and says why when %s', async (_, settings, why) => {
    const { exitCode, text } = await demo({ settings, patienceMs: 1_500 })
    expect(text).toContain('This did not happen')
    expect(text).toContain(why)
    expect(text).not.toContain('really happened')
    expect(exitCode).toBe(1)
  })
})
