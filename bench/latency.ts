import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RelayProcess, startProcess } from '../test/support/process.ts'
import { ADMIN_KEY, callApi, provision, testEnvironment } from '../test/support/relay.ts'
import { machine, median, printTable, quantile, writeResults } from './report.ts'
import { SmtpLoad } from './smtp.ts'

/*
 * From the end of DATA to the runner holding the code, with 1, 100 and 1,000 runners waiting. The relay is a process
 * of its own; this process is the portal and the runners. Every code is checked against the one that was sent.
 */

const WAITING = [1, 100, 1000]
const ROUNDS = 5
const MESSAGES_A_ROUND = 200

type Runner = { readonly address: string; readonly connectionId: string }

/** `npm run bench -- latency [--rounds N] [--messages N]` */
export async function run(args: string[]): Promise<void> {
  const rounds = option(args, '--rounds', ROUNDS)
  const messages = option(args, '--messages', MESSAGES_A_ROUND)
  const dataDir = mkdtempSync(join(tmpdir(), 'mfa-relay-bench-'))
  const relay = await startProcess({ ...testEnvironment(dataDir), LOG_LEVEL: 'info' })
  try {
    const runners = await provisionRunners(relay.url, Math.max(...WAITING))
    const samples = new Map<number, number[][]>(WAITING.map((count) => [count, []]))
    await measure(relay, runners.slice(0, 1), 50)
    for (let round = 0; round < rounds; round++) {
      for (const count of WAITING) {
        samples.get(count)?.push(await measure(relay, runners.slice(0, count), messages))
      }
    }
    print(samples, messages)
  } finally {
    await relay.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function print(samples: ReadonlyMap<number, number[][]>, messages: number): void {
  const figures = [...samples].map(([waiting, rounds]) => ({
    waiting,
    p50: rounds.map((values) => quantile(values, 0.5)),
    p99: rounds.map((values) => quantile(values, 0.99)),
    max: Math.max(...rounds.flat()),
  }))
  const ms = (value: number): string => value.toFixed(2)
  const spread = (values: number[]): string => `${ms(Math.min(...values))}–${ms(Math.max(...values))}`
  console.log(
    `End of DATA to the runner's answer, ms; ${messages} messages a round, medians of the rounds (spread)`,
  )
  console.log(`${Object.values(machine()).join(', ')}\n`)
  printTable(
    ['waiting', 'p50', '(rounds)', 'p99', '(rounds)', 'max'],
    figures.map(({ waiting, p50, p99, max }) => [
      waiting,
      ms(median(p50)),
      spread(p50),
      ms(median(p99)),
      spread(p99),
      ms(max),
    ]),
  )
  writeResults('latency', figures)
}

/** Sends `messages` mails to runners that wait, one after another, and answers each one's latency in ms. */
async function measure(relay: RelayProcess, runners: readonly Runner[], messages: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  const smtp = await SmtpLoad.open(relay.smtpPort)
  const waiting = await Promise.all(runners.map((runner) => openAttempt(relay.url, runner)))
  const polls = waiting.map((attempt) => poll(relay.httpPort, agent, attempt.id, attempt.after))
  const latencies: number[] = []
  for (let n = 0; n < messages; n++) {
    const index = n % runners.length
    const code = String(100_000 + ((n * 7919 + index) % 900_000))
    const { endOfDataAt } = await smtp.send(
      'bounce@sandbox-power.test',
      runners[index]!.address,
      portalMail(code),
    )
    const answer = await polls[index]!
    if (answer.code !== code)
      throw new Error(`runner ${index} was given another code than the one that was sent`)
    latencies.push(answer.at - endOfDataAt)
    // Waits again at once, for what is sent after the code it holds.
    waiting[index]!.after = answer.id
    polls[index] = poll(relay.httpPort, agent, waiting[index]!.id, answer.id)
  }
  smtp.close()
  agent.destroy()
  await Promise.allSettled(polls)
  for (const attempt of waiting)
    await callApi(relay.url, 'POST', `/v2/attempt/${attempt.id}/outcome`, {}, ADMIN_KEY)
  return latencies
}

async function openAttempt(url: string, runner: Runner): Promise<{ id: string; after: string | null }> {
  const reply = await callApi<{ id: string }>(
    url,
    'POST',
    `/v2/connection/${runner.connectionId}/attempt`,
    {},
    ADMIN_KEY,
  )
  if (reply.status !== 201) throw new Error(`no attempt: ${JSON.stringify(reply.body)}`)
  return { id: reply.body.id, after: null }
}

function poll(
  port: number,
  agent: Agent,
  attemptId: string,
  after: string | null,
): Promise<{ id: string; code: string; at: number }> {
  const query = after === null ? 'wait=60' : `wait=60&after=${after}`
  return new Promise((resolve, reject) => {
    const call = request(
      {
        port,
        host: '127.0.0.1',
        agent,
        path: `/v2/attempt/${attemptId}/code?${query}`,
        headers: { 'x-api-key': ADMIN_KEY },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => {
          const at = performance.now()
          if (response.statusCode === 200) resolve({ ...JSON.parse(text), at })
          else reject(new Error(`poll answered ${response.statusCode}`))
        })
        response.on('error', reject)
      },
    )
    call.on('error', reject)
    call.end()
  })
}

let serial = 0

/** A portal's mail of about 14 KB: nested tables, inline styles, a footer with numbers of its own. */
function portalMail(code: string): string {
  const row =
    '<tr><td style="padding:0 24px;font:14px Arial,sans-serif;color:#444">Thank you for being our customer.</td></tr>'
  serial += 1
  return [
    'From: Sandbox Power <no-reply@sandbox-power.test>',
    'To: customer@example.com',
    'Subject: Your Sandbox Power verification code',
    `Date: ${new Date().toUTCString()}`,
    `Message-ID: <bench-${process.pid}-${serial}@sandbox-power.test>`,
    'MIME-Version: 1.0',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<html><body><table width="600">',
    `<tr><td><h1>Sandbox Power</h1><p>Your Sandbox Power verification code is <b>${code}</b></p></td></tr>`,
    ...Array.from({ length: 118 }, () => row),
    '<tr><td>Sandbox Power, 100 Example Street, Springfield 01101. Call 1-800-555-0100. © 2026</td></tr>',
    '</table></body></html>',
  ].join('\r\n')
}

async function provisionRunners(url: string, count: number): Promise<Runner[]> {
  const relay = {
    api: <T>(method: string, path: string, body?: unknown) => callApi<T>(url, method, path, body, ADMIN_KEY),
  }
  const runners: Runner[] = []
  for (let n = 0; n < count; n++) {
    const { connectionId, emailAddress } = await provision(relay)
    runners.push({ connectionId, address: emailAddress })
  }
  return runners
}

function option(args: readonly string[], name: string, fallback: number): number {
  const at = args.indexOf(name)
  return at < 0 ? fallback : Number(args[at + 1])
}
