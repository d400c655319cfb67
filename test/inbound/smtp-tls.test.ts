import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import type { InboundEmail } from '../../src/domain/message.ts'
import { smtpConnect } from '../support/smtp-client.ts'
import { waitFor } from '../support/wait-for.ts'
import { DOMAIN, sayHello, sendMail, testDoors } from './support.ts'

const doors = testDoors()
const { open } = doors
afterEach(() => doors.stop())

describe('STARTTLS', () => {
  it('uses a certificate made on the first start, which nobody else can read, and keeps it', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-tls-'))
    const tls = { tlsCert: '', tlsKey: '', dataDir, hostName: DOMAIN }
    const fingerprints: string[] = []
    for (const _start of [1, 2]) {
      const door = await open({ tls })
      const client = await smtpConnect(door.port)
      await client.send('EHLO client.test')
      const secure = await client.startTls()
      const certificate = secure.getPeerX509Certificate()
      fingerprints.push(certificate?.fingerprint256 ?? '')
      expect(certificate?.checkHost(DOMAIN)).toBe(DOMAIN)
      expect(certificate?.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
      expect(certificate?.verify(certificate.publicKey)).toBe(true)
      await sayHello(client)
      expect(await sendMail(client)).toMatch(/^250 /)
      expect((door.received[0] as InboundEmail).client.tls).toBe(true)
      client.quit()
    }
    expect(fingerprints[0]).toBe(fingerprints[1])
    expect(statSync(join(dataDir, 'tls-self-made.pem')).mode & 0o777).toBe(0o600)
    rmSync(dataDir, { recursive: true })
  })

  it('speaks TLS 1.2 and nothing older', async () => {
    const door = await open()
    for (const [version, works] of [
      ['TLSv1.3', true],
      ['TLSv1.2', true],
      ['TLSv1.1', false],
    ] as const) {
      const client = await smtpConnect(door.port)
      await client.send('EHLO client.test')
      // Level 0 lets the client offer what OpenSSL itself would not any more.
      const limits = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }
      const handshake = client.startTls(limits)
      if (works) expect((await handshake).getProtocol()).toBe(version)
      else await expect(handshake).rejects.toThrow()
      client.socket.destroy()
    }
  })

  it('forgets what was said before in the clear', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    await sayHello(client)
    await client.startTls()
    expect((await client.send('DATA')).code).toBe(503)
    client.quit()
  })

  it('runs no command that was smuggled in behind it', async () => {
    const door = await open()
    const client = await smtpConnect(door.port)
    await client.send('EHLO client.test')
    client.write('STARTTLS\r\nEHLO evil.test\r\nMAIL FROM:<evil@example.com>\r\n')
    expect((await client.next()).code).toBe(220)
    const secure = connectTls({ socket: client.socket, rejectUnauthorized: false })
    await once(secure, 'secureConnect')
    secure.write('NOOP\r\n')
    const [first] = (await once(secure, 'data')) as [Buffer]
    expect(first.toString()).toBe('250 2.0.0 OK\r\n')
    secure.destroy()
  })

  it('takes up a renewed certificate without a restart, and no pair that does not fit', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-tls-'))
    const made = await Promise.all(
      ['old', 'new'].map(async (name) => {
        const dataDir = join(folder, name)
        await open({ tls: { tlsCert: '', tlsKey: '', dataDir, hostName: `${name}.test` } })
        return join(dataDir, 'tls-self-made.pem')
      }),
    )
    const files = { tlsCert: join(folder, 'live', 'cert.pem'), tlsKey: join(folder, 'live', 'key.pem') }
    mkdirSync(join(folder, 'live'))
    for (const file of Object.values(files)) copyFileSync(made[0]!, file)
    const door = await open({ tls: { ...files, dataDir: folder, hostName: DOMAIN } })
    const served = async (): Promise<string> => {
      const client = await smtpConnect(door.port)
      await client.send('EHLO client.test')
      const secure = await client.startTls()
      const subject = secure.getPeerX509Certificate()?.subject ?? ''
      secure.destroy()
      return subject
    }
    expect(await served()).toBe('CN=old.test')
    // Half of a renewal: this certificate does not belong to the key that is still there.
    copyFileSync(made[1]!, files.tlsCert)
    expect(await served()).toBe('CN=old.test')
    copyFileSync(made[1]!, files.tlsKey)
    await waitFor(async () => (await served()) === 'CN=new.test', 'the new certificate')
    rmSync(folder, { recursive: true })
  })
})
