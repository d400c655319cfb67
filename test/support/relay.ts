import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assemble } from '../../src/assemble.ts'
import { loadConfig } from '../../src/config.ts'

export const ADMIN_KEY = 'test-admin-key-0123456789'
export const MAIL_DOMAIN = 'relay.test'

export type ApiReply<T> = { readonly status: number; readonly body: T; readonly headers: Headers }

/** A whole relay in this process: real sockets on free ports, a real store in a temporary directory. */
export type TestRelay = {
  readonly ports: { smtp: number; lmtp: number | null; http: number }
  readonly url: string
  readonly dataDir: string
  /** Calls the API; with the admin key unless another is given. */
  api<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<ApiReply<T>>
  /** Stops it; the data stays until `remove`. */
  close(): Promise<void>
  remove(): void
}

/** Settings of a closed set-up: everything on this machine, copies without confirmation. */
export const testEnvironment = (dataDir: string): Record<string, string> => ({
  DATA_DIR: dataDir,
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: '0',
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: '0',
  MAIL_DOMAIN,
  ADMIN_API_KEY: ADMIN_KEY,
  RECIPIENT_CONFIRMATION: 'off',
  TRUSTED_NETWORKS: '127.0.0.0/8',
  LOG_LEVEL: 'silent',
})

/** Starts a relay; `overrides` are environment variables. A given `dataDir` is used again (restart). */
export async function startRelay(
  overrides: Record<string, string> = {},
  dataDir?: string,
  options: Parameters<typeof assemble>[1] = {},
): Promise<TestRelay> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'mfa-relay-'))
  const relay = await assemble(loadConfig({ ...testEnvironment(folder), ...overrides }), options)
  const url = `http://127.0.0.1:${relay.ports.http}`
  return {
    ports: relay.ports,
    url,
    dataDir: folder,
    api: (method, path, body, key = ADMIN_KEY) => callApi(url, method, path, body, key),
    close: () => relay.close(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** One API call; the reply's JSON, or an empty object where there is none. */
export async function callApi<T>(
  url: string,
  method: string,
  path: string,
  body: unknown,
  key: string,
): Promise<ApiReply<T>> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'x-api-key': key,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: (text ? JSON.parse(text) : {}) as T, headers: response.headers }
}

/** A company with one connection whose codes come as `method` says; answers what provisioning gave it. */
export async function provision(
  relay: Pick<TestRelay, 'api'>,
  options: {
    utility?: string
    method?: string
    emails?: string[]
    phones?: string[]
    smsRelay?: boolean
    url?: string
    inboxAddresses?: string[]
  } = {},
): Promise<{ companyId: string; connectionId: string; emailAddress: string; phoneNumber: string }> {
  const features = { smsRelay: options.smsRelay ?? options.method === 'sms' }
  const company = await relay.api<{ id: string }>('POST', '/v2/company', { name: 'Example Energy', features })
  const connection = await relay.api<{ id: string }>('POST', `/v2/connection/company/${company.body.id}`, {
    utility: options.utility ?? 'sandbox-power',
    username: 'pat@example.com',
    password: 'not-a-real-password',
    ...(options.url ? { url: options.url } : {}),
  })
  const mfa = await relay.api<{ emailAddress?: string; phoneNumber?: string }>(
    'PUT',
    `/v2/connection/${connection.body.id}/mfa`,
    {
      method: options.method ?? 'managed_forwarding',
      recipients: { emails: options.emails ?? [], phones: options.phones ?? [] },
      ...(options.inboxAddresses ? { inboxAddresses: options.inboxAddresses } : {}),
    },
  )
  if (mfa.status !== 200) throw new Error(`provisioning failed: ${JSON.stringify(mfa.body)}`)
  return {
    companyId: company.body.id,
    connectionId: connection.body.id,
    emailAddress: mfa.body.emailAddress ?? '',
    phoneNumber: mfa.body.phoneNumber ?? '',
  }
}
