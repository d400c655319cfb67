import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { signedHeaders } from '../../src/outbox/webhook/sign.ts'
import { waitFor } from '../support/wait-for.ts'

/* The receiver that docs/events.md shows, run as it stands there. */

const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8')
const closers: (() => unknown)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

it('takes what is signed, and nothing else', async () => {
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(page)!
  // Beside the packages that it imports.
  const folder = mkdtempSync(fileURLToPath(new URL('../../test/events/.docs-', import.meta.url)))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(`${folder}/receiver.ts`, code)
  const port = await freePort()
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const child = spawn(process.execPath, [`${folder}/receiver.ts`], {
    env: { PATH: process.env.PATH ?? '', RELAY_WEBHOOK_SECRET: secret, PORT: String(port) },
  })
  closers.push(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const body = JSON.stringify({ type: 'webhook.test', timestamp: '2026-11-21T07:30:00.000Z', data: {} })
  const post = (headers: Record<string, string>, sent = body) =>
    fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: sent })
  const headers = () => signedHeaders('event-1', body, [{ secret, until: null }], Date.now())
  const taken = await waitFor(() => post(headers()), 'the receiver to listen', 60_000)
  expect(taken.status).toBe(204)
  expect((await post(headers(), `${body} `)).status).toBe(400)
  await waitFor(() => output.includes('event-1') && output.includes('webhook.test'), 'its output')
}, 120_000)
