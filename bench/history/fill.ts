import type Database from 'better-sqlite3'
import { connectionSource } from '../../src/domain/code.ts'
import { createSealer } from '../../src/store/seal.ts'

/* Rows as a year of logins leaves them: bodies are gone after a week, codes after a day, the rest stays. */

export const DAY_MS = 86_400_000
export const YEAR_MS = 365 * DAY_MS
/** The year that the store has seen ends here. */
export const END = Date.UTC(2026, 10, 1)
/** Connections of each company but the first, which has a tenth of all. */
export const COMPANY_SIZE = 1_000
export const UTILITIES = ['pge', 'peco', 'bge', 'sdge', 'duke-energy', 'con-edison', 'hrsd', 'eweb']

/** Ids in the order of their numbers, of the form that real ones have. */
const idOf = (kind: string) => (n: number) => `${kind}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
export const companyId = idOf('0c000000')
export const connectionId = idOf('0d000000')
export const messageId = idOf('0e000000')
const attemptId = idOf('0f000000')
const deliveryId = idOf('0a000000')
const recipientId = idOf('0b000000')
const auditId = idOf('09000000')

export const addressOf = (n: number): string => `mfa-${n.toString(32).padStart(26, 'z')}@relay.test`
/** Whose message it is: spread over all, in no order. */
const ownerOf = (message: number, connections: number): number =>
  Number((BigInt(message) * 2_654_435_761n) % BigInt(connections))
/** Which company a connection belongs to. */
const companyOf = (n: number, connections: number): number =>
  n < connections / 10 ? 0 : 1 + Math.floor((n - connections / 10) / COMPANY_SIZE)

export type Size = { readonly connections: number; readonly messages: number; readonly key: Uint8Array }

/** Fills an empty store behind the port's back: over the port a million connections would take hours. */
export function fill(database: Database.Database, size: Size): void {
  fillCompanies(database, size)
  inSteps(database, size.connections, connectionRows(database, size))
  inSteps(database, size.messages, messageRows(database, size))
  database.exec(`insert into lease_turn (company_id, utility, due_at, is_waiting, served)
    select company_id, utility, min(next_login_at), 0, 0 from connection group by company_id, utility`)
}

function inSteps(database: Database.Database, count: number, insert: (n: number) => void): void {
  const STEP = 100_000
  for (let from = 0; from < count; from += STEP)
    database.transaction(() => {
      for (let n = from; n < Math.min(count, from + STEP); n += 1) insert(n)
    })()
}

function fillCompanies(database: Database.Database, { connections }: Size): void {
  const insert = database.prepare(
    `insert into company (id, name, public_id, sms_relay, is_active, created_at, updated_at)
     values (?, 'Example Energy', ?, 0, 1, 0, 0)`,
  )
  database.transaction(() => {
    for (let n = 0; n <= companyOf(connections - 1, connections); n += 1)
      insert.run(companyId(n), companyId(n))
  })()
}

function connectionRows(database: Database.Database, { connections, key }: Size): (n: number) => void {
  const sealer = createSealer([key])
  const connection = database.prepare(`
    insert into connection (id, company_id, utility, initial_sites, utility_types, username, password,
      mfa_method, inbox_addresses, status, status_first_seen_at, status_last_update_at, version, created_at,
      updated_at, next_login_at)
    values (?, ?, ?, '[]', '["electric"]', ?, ?, 'managed_forwarding', '[]', ?, 0, 0, 2, 0, 0, ?)`)
  const mailbox = database.prepare(
    "insert into mailbox (address, channel, connection_id, created_at) values (?, 'email', ?, 0)",
  )
  const source = database.prepare('insert into code_source (connection_id, source) values (?, ?)')
  const recipient = database.prepare(`
    insert into recipient (id, connection_id, channel, address, state, created_at, confirmed_at)
    values (?, ?, 'email', ?, 'confirmed', 0, 0)`)
  const change = database.prepare(`
    insert into status_change (connection_id, version, at, event, status, status_first_seen_at, status_last_update_at)
    values (?, ?, 0, ?, ?, 0, 0)`)
  return (n) => {
    const id = connectionId(n)
    // One in ten needs attention.
    const status = n % 10 === 3 ? 'MFA_TOKEN_EXPIRED' : 'CONNECTED'
    connection.run(
      id,
      companyId(companyOf(n, connections)),
      UTILITIES[n % UTILITIES.length],
      sealer.seal(`connection.username.${id}`, 'pat'),
      sealer.seal(`connection.password.${id}`, 'not-a-real-one'),
      status,
      END + (n % 1000) * 1000,
    )
    mailbox.run(addressOf(n), id)
    source.run(id, connectionSource(id))
    recipient.run(recipientId(n), id, `pat-${n}@customer.test`)
    change.run(id, 1, 'created', 'PENDING')
    change.run(id, 2, 'login', status)
  }
}

const REASONS = JSON.stringify([
  { code: 'dkim_pass_aligned', text: 'Signed by the utility, and the signature is right' },
  { code: 'known_sender', text: 'The sender is one that the utility is known to use' },
])

function messageRows(database: Database.Database, { connections, messages, key }: Size): (n: number) => void {
  const sealer = createSealer([key])
  const message = database.prepare(`
    insert into message (id, mailbox, connection_id, channel, dedupe_key, envelope_sender, client_address, sender,
      sender_domain, received_at, sent_at, size, verdict, verdict_reasons, extraction_kind, rule, confidence)
    values (?, ?, ?, 'email', ?, 'bounce@utility.test', '192.0.2.10', 'no-reply@utility.test', 'utility.test',
      ?, ?, 14000, 'trusted', ?, 'code', 'template:verification code is {code:6}', 1)`)
  const attempt = database.prepare(`
    insert into attempt (id, connection_id, runner, purpose, opened_at, expires_at, closed_at, outcome)
    values (?, ?, 'farm-1', 'login', ?, ?, ?, '{"status":"CONNECTED","code":"accepted"}')`)
  const source = database.prepare('insert into attempt_source (attempt_id, source) values (?, ?)')
  const delivery = database.prepare(`
    insert into delivery (id, kind, courier, recipient_id, address, connection_id, message_id, state, due_at, tries,
      remote_id, created_at, finished_at)
    values (?, 'code_copy', 'email', ?, ?, ?, ?, 'sent', ?, 1, '250 queued as ABCDEF', ?, ?)`)
  const audit = database.prepare(
    "insert into audit (id, at, actor, action, subject, detail) values (?, ?, 'key:farm', 'code.claimed', ?, ?)",
  )
  const code = database.prepare(`
    insert into code (id, message_id, connection_id, source, code, channel, verdict, sent_at, received_at,
      expires_at, rule, confidence, state, attempt_id, claimed_at)
    values (?, ?, ?, ?, ?, 'email', 'trusted', ?, ?, ?, 'bench', 1, 'claimed', ?, ?)`)
  return (n) => {
    const owner = ownerOf(n, connections)
    const login = connectionId(owner)
    const id = messageId(n)
    const at = END - YEAR_MS + Math.floor((n / messages) * YEAR_MS)
    const dedupe = (n * 2_654_435_761).toString(16).padStart(64, '0')
    message.run(id, addressOf(owner), login, dedupe, at, at, REASONS)
    attempt.run(attemptId(n), login, at - 20_000, at + 580_000, at + 10_000)
    source.run(attemptId(n), connectionSource(login))
    delivery.run(deliveryId(n), recipientId(owner), `pat-${owner}@customer.test`, login, id, at, at, at + 900)
    audit.run(auditId(n), at, `attempt:${attemptId(n)}`, `code:${id}`)
    if (at < END - DAY_MS) return
    const sealed = sealer.seal(`code.code.${id}`, '123456')
    code.run(id, id, login, connectionSource(login), sealed, at, at, at + 600_000, attemptId(n), at)
  }
}
