import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenAPIHono } from '@hono/zod-openapi'
import { documentRoutes } from '../../src/collection/documents/routes.ts'
import { leaseRoutes } from '../../src/collection/leases/routes.ts'
import type { KeyScope } from '../../src/domain/api-key.ts'
import { hashApiKey } from '../../src/domain/api-key.ts'
import { connectionSource } from '../../src/domain/code.ts'
import { newId } from '../../src/domain/id.ts'
import type { InboundRecord } from '../../src/domain/inbound-record.ts'
import { webhookRoutes } from '../../src/events/webhook-routes.ts'
import { createApp } from '../../src/http/app.ts'
import { type AppEnv, createAuth } from '../../src/http/auth.ts'
import { healthRoutes } from '../../src/http/health.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import type { ProvisioningDeps } from '../../src/provisioning/ports.ts'
import { provisioningRoutes } from '../../src/provisioning/routes.ts'
import { runnerRoutes } from '../../src/runner/routes.ts'
import { createTotpCodes } from '../../src/runner/totp.ts'
import { createWaiters, type Waiters } from '../../src/runner/waiters.ts'
import { type Diagnoser, startDiagnoser } from '../../src/status/after-login.ts'
import { explainLoginOf, ladderOf } from '../../src/status/options.ts'
import { statusRoutes } from '../../src/status/status-routes.ts'
import { triageRoutes } from '../../src/status/triage-routes.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { Store } from '../../src/store/store.ts'
import { loadInboxProviders, providerOf } from '../../src/utilities/inbox-providers.ts'
import { BUILT_IN_UTILITIES, loadUtilities } from '../../src/utilities/load.ts'
import { nearest } from '../../src/utilities/nearest.ts'
import { memoryWakeup } from '../../src/wakeup/memory.ts'
import type { Wakeup } from '../../src/wakeup/wakeup.ts'

export const ADMIN = 'admin-key-for-tests-0123456789'

export type Reply<T = Record<string, unknown>> = {
  readonly status: number
  readonly body: T
  readonly headers: Headers
}
export type CallOptions = {
  readonly key?: string | null
  readonly headers?: Record<string, string>
  /** Sent as it is instead of JSON. */
  readonly raw?: string
  readonly signal?: AbortSignal
}

/** The HTTP API on a real store, without a socket. Time can be set forward. */
export type TestApi = {
  readonly app: OpenAPIHono<AppEnv>
  readonly store: Store
  readonly wakeup: Wakeup
  readonly waiters: Waiters
  readonly diagnoser: Diagnoser
  readonly clock: { skipMs: number; now(): number }
  call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    options?: CallOptions,
  ): Promise<Reply<T>>
  /** A new key; answers the key itself. */
  newKey(scope: KeyScope, companyId?: string): Promise<string>
  newCompany(change?: object): Promise<string>
  newConnection(companyId: string, change?: object): Promise<string>
  openAttempt(connectionId: string): Promise<string>
  /** A message with a code, as `receive.ts` would write it; wakes who waits. Answers the message's id. */
  deliver(connectionId: string, code: string, change?: Partial<InboundRecord>): Promise<string>
  close(): Promise<void>
}

/** Starts it; `deps` replaces what provisioning is handed. */
export async function startApi(deps: Partial<ProvisioningDeps> = {}): Promise<TestApi> {
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-api-'))
  const store = await openSqliteStore({
    path: join(folder, 'relay.db'),
    masterKeys: [new Uint8Array(32).fill(7)],
  })
  const clock = { skipMs: 0, now: () => Date.now() + clock.skipMs }
  const wakeup = memoryWakeup()
  const metrics = createMetrics()
  const rules = { clockSkewMs: 120_000, offerCandidates: true }
  const waiters = createWaiters({ store, wakeup, rules, metrics, now: clock.now })
  metrics.watch('waiters', 'Login runners waiting for a code.', waiters.count)
  const totp = createTotpCodes({
    store,
    now: clock.now,
    pause: async (ms) => {
      clock.skipMs += ms
    },
  })
  const auth = createAuth({ store, adminKeyHash: hashApiKey(ADMIN) })
  const { utilities } = loadUtilities({ builtInDir: BUILT_IN_UTILITIES })
  const { providers } = loadInboxProviders()
  const triage = {
    store,
    findUtility: (id: string) => utilities.get(id),
    providerOf: (inbox: string) => providerOf(providers, inbox),
    now: clock.now,
  }
  const diagnoser = startDiagnoser(triage)
  const app = createApp({
    auth,
    routes: [
      leaseRoutes({ store, now: clock.now }),
      runnerRoutes({ totp, store, waiters, wakeup, diagnose: diagnoser.loginEnded, now: clock.now }),
      documentRoutes({ documents: store, store, work: { notify: () => undefined }, now: clock.now }),
      webhookRoutes({ store, now: clock.now, reach: { allowedPorts: [8443] } }),
      triageRoutes(triage),
      statusRoutes({ store, diagnose: diagnoser.loginEnded, now: clock.now }),
      ...provisioningRoutes({
        store,
        wakeup,
        utilities: { find: (id) => utilities.get(id), nearest: (asked) => nearest(utilities, asked) },
        settings: {
          mailDomain: 'relay.test',
          mailboxPrefix: 'mfa',
          smsNumbers: [],
          recipientConfirmation: 'off',
        },
        ladder: ladderOf(triage),
        explainLogin: explainLoginOf(triage),
        forgetKeys: auth.forget,
        now: clock.now,
        ...deps,
      }),
      healthRoutes({
        metrics,
        checks: { store: { run: () => store.checkWritable(), required: true, problem: 'cannot write' } },
      }),
    ],
  })
  const call = <T = Record<string, unknown>>(method: string, path: string, body?: unknown, options = {}) =>
    callApp<T>(app, method, path, body, options)
  return {
    app,
    store,
    wakeup,
    waiters,
    diagnoser,
    clock,
    call,
    ...makers(call),
    async deliver(connectionId, code, change = {}) {
      const record = inboundRecord(connectionId, code, clock.now(), change)
      await store.saveInbound([record])
      if (record.code) wakeup.notify(record.code.source)
      return record.id
    },
    async close() {
      waiters.close()
      await diagnoser.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function makers(
  call: TestApi['call'],
): Pick<TestApi, 'newKey' | 'newCompany' | 'newConnection' | 'openAttempt'> {
  const make = async <T>(path: string, body: unknown): Promise<T> => {
    const reply = await call('POST', path, body)
    if (reply.status !== 201) throw new Error(`${path}: ${JSON.stringify(reply.body)}`)
    return reply.body as T
  }
  return {
    async newKey(scope, companyId) {
      const { key } = await make<{ key: string }>('/v2/key', { scope, ...(companyId ? { companyId } : {}) })
      return key
    },
    async newCompany(change = {}) {
      return (await make<{ id: string }>('/v2/company', { name: 'Example Energy', ...change })).id
    },
    async newConnection(companyId, change = {}) {
      const body = { utility: 'sandbox-power', username: 'pat', password: 'not-a-real-one', ...change }
      return (await make<{ id: string }>(`/v2/connection/company/${companyId}`, body)).id
    },
    async openAttempt(connectionId) {
      return (await make<{ id: string }>(`/v2/connection/${connectionId}/attempt`, {})).id
    },
  }
}

async function callApp<T>(
  app: OpenAPIHono<AppEnv>,
  method: string,
  path: string,
  body: unknown,
  { key = ADMIN, headers = {}, raw, signal }: CallOptions,
): Promise<Reply<T>> {
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const response = await app.request(path, {
    method,
    headers: {
      ...(key === null ? {} : { 'x-api-key': key }),
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(content === undefined ? {} : { body: content }),
    ...(signal ? { signal } : {}),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return {
    status: response.status,
    body: (isJson ? JSON.parse(text) : { text }) as T,
    headers: response.headers,
  }
}

function inboundRecord(
  connectionId: string,
  code: string,
  at: number,
  change: Partial<InboundRecord>,
): InboundRecord {
  const id = newId()
  return {
    id,
    mailbox: `mfa-${connectionId.slice(0, 8)}@relay.test`,
    connectionId,
    channel: 'email',
    dedupeKey: id,
    envelopeSender: 'bounce@portal.test',
    clientAddress: '127.0.0.1',
    sender: 'codes@portal.test',
    senderDomain: 'portal.test',
    subject: `Your code is ${code}`,
    receivedAt: at,
    sentAt: at,
    size: 100,
    raw: new TextEncoder().encode(`Subject: Your code is ${code}\r\n\r\n${code}\r\n`),
    verdict: { level: 'trusted', reasons: [], senderDomain: 'portal.test', forwardedBy: null },
    extraction: { kind: 'code', code, rule: 'general', confidence: 0.99, candidates: [] },
    code: {
      id: newId(),
      source: connectionSource(connectionId),
      code,
      verdict: 'trusted',
      rule: 'general',
      confidence: 0.99,
      expiresAt: at + 600_000,
    },
    deliveries: [],
    ...change,
  }
}
