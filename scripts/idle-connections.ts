/**
 * Opens connections to a relay's SMTP port that say nothing, and measures what they cost and whether mail still gets in.
 *
 *   node scripts/idle-connections.ts [connections, default 5000]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from '../test/support/process.ts'
import { smtpConnect } from '../test/support/smtp-client.ts'

const count = Number(process.argv[2] ?? 5_000)
const AT_ONCE = 100
const MAILS = 50
const dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-idle-'))
const relay = await startProcess({
  DATA_DIR: dataDir,
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: '0',
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: '0',
  MAIL_DOMAIN: 'relay.test',
  MAX_CLIENTS: String(count + AT_ONCE),
  TRUSTED_NETWORKS: '127.0.0.0/8',
})

/** What the process holds in memory, MB. */
function residentMb(): number {
  const status = readFileSync(`/proc/${relay.child.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}

const openOne = (): Promise<Socket | null> =>
  new Promise((resolve) => {
    const socket = connect({ port: relay.smtpPort, host: '127.0.0.1' })
    socket.once('data', (greeting) => resolve(String(greeting).startsWith('220') ? socket : null))
    socket.once('error', () => resolve(null))
  })

/** How long one mail takes from the connection to its 250, ms. */
async function sendMail(): Promise<number> {
  const startedAt = performance.now()
  const client = await smtpConnect(relay.smtpPort)
  for (const line of ['EHLO x', 'MAIL FROM:<a@example.com>', 'RCPT TO:<postmaster@relay.test>', 'DATA'])
    await client.send(line)
  const date = new Date().toUTCString()
  const { code, text } = await client.send(
    `From: a@example.com\r\nSubject: x\r\nDate: ${date}\r\n\r\nhi\r\n.`,
  )
  if (code !== 250) throw new Error(text)
  client.quit()
  return performance.now() - startedAt
}

async function measure(what: string): Promise<void> {
  const times: number[] = []
  for (let mail = 0; mail < MAILS; mail += 1) times.push(await sendMail())
  times.sort((a, b) => a - b)
  const [median, worst] = [times[MAILS / 2] ?? 0, times.at(-1) ?? 0]
  console.log(
    `${what}: ${residentMb().toFixed(0)} MB; ${MAILS} mails, median ${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`,
  )
}

await measure('no idle connections')
const sockets: (Socket | null)[] = []
const startedAt = performance.now()
while (sockets.length < count) sockets.push(...(await Promise.all(Array.from({ length: AT_ONCE }, openOne))))
const greeted = sockets.filter((socket) => socket !== null).length
const seconds = (performance.now() - startedAt) / 1000
console.log(`${greeted} of ${sockets.length} connections greeted in ${seconds.toFixed(1)} s`)
await measure(`${greeted} idle connections`)
for (const socket of sockets) socket?.destroy()
await relay.stop()
rmSync(dataDir, { recursive: true, force: true })
