import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeText, sendMail } from '../support/portal-mail.ts'
import { type PrometheusServer, promtool, startPrometheus } from '../support/prometheus.ts'
import { provision, startRelay, type TestRelay } from '../support/relay.ts'
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts'
import { waitFor } from '../support/wait-for.ts'

/* Dashboard and alert rules in a real Prometheus that scrapes a running relay: nothing in them may name what is not. */

const docs = (name: string): string => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url))
const RULES = docs('operations/alerts.yml')
const OPERATIONS = readFileSync(docs('operations.md'), 'utf8')

type Dashboard = { panels: { title: string; targets?: { expr: string }[] }[] }
type Rules = { groups: { rules: { name: string; query: string; health: string; lastError?: string }[] }[] }

let relay: TestRelay
let sink: SmtpSink
let prometheus: PrometheusServer
let metrics: string

beforeAll(async () => {
  sink = await startSmtpSink()
  relay = await startRelay({ OUTBOUND_SMTP_URL: sink.smtpUrl })
  await handOutOneCode()
  metrics = await (await fetch(`${relay.url}/metrics`)).text()
  prometheus = await startPrometheus(`127.0.0.1:${relay.ports.http}`, [RULES])
}, 120_000)
afterAll(async () => {
  await prometheus?.close()
  await relay?.close()
  await sink?.close()
  relay?.remove()
})

/** All the way: a message, its code to a runner that waits, its copy to the customer. */
async function handOutOneCode(): Promise<void> {
  const { connectionId, emailAddress } = await provision(relay, { emails: ['pat@customer.test'] })
  const attempt = await relay.api<{ id: string }>('POST', `/v2/connection/${connectionId}/attempt`, {})
  const waiting = relay.api('GET', `/v2/attempt/${attempt.body.id}/code?wait=20`)
  await waitFor(
    async () => /mfa_relay_waiters 1\b/.test(await (await fetch(`${relay.url}/metrics`)).text()),
    'the runner to wait',
  )
  await sendMail(relay.ports.smtp, { to: emailAddress, text: codeText('616263') })
  expect((await waiting).status).toBe(200)
  await sink.waitFor((mail) => mail.parsed.text?.includes('616263') ?? false, 15_000)
  await waitFor(
    async () =>
      /mfa_relay_deliveries_total\{.*"sent"\} 1/.test(await (await fetch(`${relay.url}/metrics`)).text()),
    'the copy to be counted',
  )
}

const expressions = (): { title: string; expr: string }[] => {
  const { panels } = JSON.parse(readFileSync(docs('operations/grafana-dashboard.json'), 'utf8')) as Dashboard
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))
}
/** As Grafana would fill them in. */
const filledIn = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*')

/** Metrics that an expression names and the relay does not have. */
const unknownIn = (expr: string): string[] =>
  [...expr.matchAll(/\b(?:mfa_relay|nodejs|process)_\w+/g)]
    .map(([name]) => name)
    .filter((name) => !names().has(name) && !names().has(name.replace(/_(bucket|sum|count)$/, '')))

/** What the relay has, also where no series of it is there yet. */
const names = (): Set<string> => new Set([...metrics.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name!))

describe('the dashboard', () => {
  it('asks only for what the relay tells, in words that Prometheus understands', async () => {
    const all = expressions()
    expect(all.length).toBeGreaterThan(20)
    for (const { title, expr } of all) {
      expect(unknownIn(expr), title).toEqual([])
      await prometheus.ask(`query?query=${encodeURIComponent(filledIn(expr))}`)
    }
  })

  it('shows figures of a relay at work', async () => {
    const shown = async (expr: string): Promise<boolean> => {
      const query = encodeURIComponent(filledIn(expr).replaceAll('"$', '"'))
      return (await prometheus.ask<{ result: unknown[] }>(`query?query=${query}`)).result.length > 0
    }
    // Rates need two scrapes. What refuses and fails has nothing to show here.
    const quiet = /refused|Refused|Utilities with most|Told to come back|DNS/
    for (const { title, expr } of expressions().filter((one) => !quiet.test(one.title + one.expr)))
      await waitFor(() => shown(expr), `${title}: ${expr}`)
  })
})

describe('the alert rules', () => {
  it('are sound, and fire when they should', () => {
    expect(promtool('check', 'rules', RULES)).toMatch(/SUCCESS: \d+ rules found/)
    expect(promtool('test', 'rules', docs('operations/alerts.test.yml'))).toContain('SUCCESS')
  })

  it('ask only for what the relay tells, evaluate, and each is explained', async () => {
    const healthy = await waitFor(async () => {
      const { groups } = await prometheus.ask<Rules>('rules')
      const rules = groups.flatMap((group) => group.rules)
      return rules.length > 0 && rules.every(({ health }) => health !== 'unknown') ? rules : null
    }, 'the rules to be evaluated')
    for (const { name, query, health, lastError } of healthy) {
      expect({ name, health, lastError }).toMatchObject({ health: 'ok' })
      expect(unknownIn(query), name).toEqual([])
      expect(OPERATIONS, `docs/operations.md on ${name}`).toContain(`| \`${name}\``)
    }
    const tested = readFileSync(docs('operations/alerts.test.yml'), 'utf8')
    for (const { name } of healthy) expect(tested, `a test of ${name}`).toContain(`alertname: ${name}`)
  })
})

describe('the metrics', () => {
  it('are each described in docs/operations.md', () => {
    const names = [...metrics.matchAll(/^# TYPE (mfa_relay_\w+)/gm)].map(([, name]) => name!)
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !OPERATIONS.includes(`\`${name.replace('mfa_relay_', '')}`))).toEqual([])
  })

  it('are named by the conventions of Prometheus', () => {
    for (const [, name, type] of metrics.matchAll(/^# TYPE (mfa_relay_\w+) (\w+)/gm)) {
      if (type === 'counter') expect(name).toMatch(/_total$/)
      else expect(name).not.toMatch(/_total$/)
      if (type === 'histogram') expect(name).toMatch(/_seconds$/)
      expect(name).not.toMatch(/_(ms|millis|kb|mb)\b/)
    }
  })

  it('hold no address, no code and no id', () => {
    expect(metrics).not.toContain('616263')
    expect(metrics).not.toMatch(/@|[0-9a-f]{8}-[0-9a-f]{4}/)
  })
})
