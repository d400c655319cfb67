import { describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { createAuth } from '../../src/http/auth.ts'
import { healthRoutes } from '../../src/http/health.ts'
import { createMetrics } from '../../src/http/metrics.ts'

function start() {
  const state = { asked: 0, canWrite: true, isStuck: false, isHealthy: true, isStopping: false, now: 0 }
  const metrics = createMetrics()
  const routes = healthRoutes({
    metrics,
    now: () => state.now,
    isStopping: () => state.isStopping,
    checks: {
      store: {
        async run() {
          state.asked += 1
          if (state.isStuck) return new Promise(() => {})
          if (!state.canWrite) throw new Error('SQLITE_FULL: /secret/path')
        },
        required: true,
        problem: 'nothing can be written: is the disk full?',
      },
      wakeup: { run: () => state.isHealthy, required: false, problem: 'codes come by slow polling' },
    },
  })
  const auth = createAuth({ store: { findApiKey: async () => null }, adminKeyHash: '' })
  const app = createApp({ auth, routes: [routes], metrics })
  const get = async (path: string) => {
    const response = await app.request(path)
    return {
      status: response.status,
      text: await response.text(),
      type: response.headers.get('content-type'),
    }
  }
  const ready = async () => {
    const { status, text } = await get('/readyz')
    return { status, ...(JSON.parse(text) as { ready: boolean; parts: object }) }
  }
  return { state, metrics, get, ready }
}

describe('health', () => {
  it('is alive', async () => {
    expect(await start().get('/healthz')).toMatchObject({ status: 200, text: '{"alive":true}' })
  })

  it('is ready when mail can be kept, and asks no more often than every two seconds', async () => {
    const { state, ready } = start()
    expect(await ready()).toEqual({
      status: 200,
      ready: true,
      parts: { store: { ok: true }, wakeup: { ok: true } },
    })
    await ready()
    expect(state.asked).toBe(1)
    state.now = 2_000
    await ready()
    expect(state.asked).toBe(2)
  })

  it('is not ready when nothing can be written, and shows no innards', async () => {
    const { state, ready } = start()
    state.canWrite = false
    const reply = await ready()
    expect(reply).toMatchObject({ status: 503, ready: false, parts: { store: { ok: false } } })
    expect(JSON.stringify(reply)).not.toContain('secret')
    state.canWrite = true
    state.now = 2_000
    expect((await ready()).status).toBe(200)
  })

  it('is not ready when the store does not answer, and says so without waiting for it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { state, ready, get } = start()
      state.isStuck = true
      const reply = ready()
      await vi.advanceTimersByTimeAsync(1_500)
      expect(await reply).toMatchObject({ status: 503, parts: { store: { ok: false } } })
      expect((await get('/metrics')).text).toContain('mfa_relay_part_ok{part="store"} 0')
    } finally {
      vi.useRealTimers()
    }
  })

  it('stays ready without wake-ups, and says so', async () => {
    const { state, ready } = start()
    state.isHealthy = false
    const problem = 'codes come by slow polling'
    expect(await ready()).toMatchObject({ status: 200, parts: { wakeup: { ok: false, problem } } })
  })

  it('is not ready once it stops', async () => {
    const { state, ready } = start()
    await ready()
    state.isStopping = true
    expect(await ready()).toMatchObject({ status: 503, ready: false, parts: { process: { ok: false } } })
  })
})

describe('metrics', () => {
  it('count what they are told, and ask for what they watch', async () => {
    const { metrics, get } = start()
    const verdict = { level: 'trusted' as const, reasons: [], senderDomain: null, forwardedBy: null }
    metrics.received({ channel: 'email', verdict, extraction: { kind: 'bounce', candidates: [] } }, 4)
    metrics.step('parse', 1)
    metrics.recipientRefused('unknown')
    metrics.messageRefused('smtp', 'too_large')
    metrics.codeClaimed('trusted', 1_500, { arrivalMs: 20, wakeMs: 1 })
    metrics.read({ parseMs: 1, extractMs: 2, judgeMs: 3, dns: [{ type: 'TXT', result: 'found', ms: 4 }] }, 10)
    metrics.extracted('sandbox-power', 'code')
    metrics.connectionRefused('dropped')
    metrics.delivered('email', 'sent', 20)
    metrics.watch('waiters', 'Login runners waiting.', () => 42)
    await get('/healthz')
    const { text, type } = await get('/metrics')
    expect(type).toMatch(/^text\/plain/)
    for (const line of [
      'mfa_relay_messages_total{channel="email",verdict="trusted",extraction="bounce"} 1',
      'mfa_relay_receive_seconds_sum{channel="email"} 0.004',
      'mfa_relay_step_seconds_count{step="parse"} 2',
      'mfa_relay_step_seconds_sum{step="queue"} 0.004',
      'mfa_relay_dns_seconds_sum{type="TXT",result="found"} 0.004',
      'mfa_relay_extractions_total{utility="sandbox-power",result="code"} 1',
      'mfa_relay_arrival_to_claim_seconds_sum 0.02',
      'mfa_relay_wake_to_reply_seconds_sum 0.001',
      'mfa_relay_http_connections_refused_total{how="dropped"} 1',
      'mfa_relay_recipients_refused_total{why="unknown"} 1',
      'mfa_relay_messages_refused_total{door="smtp",why="too_large"} 1',
      'mfa_relay_codes_claimed_total{verdict="trusted"} 1',
      'mfa_relay_code_wait_seconds_sum 1.5',
      'mfa_relay_deliveries_total{courier="email",result="sent"} 1',
      'mfa_relay_waiters 42',
      'mfa_relay_http_requests_total{method="GET",route="/healthz",status="200"} 1',
    ])
      expect(text).toContain(line)
  })
})
