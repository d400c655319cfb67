import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ConfigError, defaultSettings, envName, loadConfig, networkMatcher } from '../src/config.ts'

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('settings', () => {
  it('start from config/default.json', () => {
    const config = loadConfig({})
    expect(config.smtpPort).toBe(2525)
    expect(config.recipientConfirmation).toBe('required')
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('are overridden by an environment variable of the same name in capitals', () => {
    const config = loadConfig({
      SMTP_PORT: '0',
      LMTP_PORT: '2424',
      RELAY_NOTICES: 'off',
      SMS_NUMBERS: '+14155550101, +14155550102',
      PUBLIC_URL: 'https://relay.example.com/',
    })
    expect(config).toMatchObject({
      smtpPort: 0,
      lmtpPort: 2424,
      relayNotices: false,
      smsNumbers: ['+14155550101', '+14155550102'],
      publicUrl: 'https://relay.example.com',
    })
  })

  it('are refused all at once, each by its variable name', () => {
    const problems = problemsOf({
      SMTP_PORT: '70000',
      MAIL_DOMAIN: 'not a domain',
      TRUSTED_NETWORKS: '10.0.0.0/33',
      MASTER_KEY: 'too-short',
      SMS_NUMBERS: '555-0100',
      RECIPIENT_CONFIRMATION: 'maybe',
    })
    for (const name of [
      'SMTP_PORT',
      'MAIL_DOMAIN',
      'TRUSTED_NETWORKS',
      'MASTER_KEY',
      'SMS_NUMBERS',
      'RECIPIENT_CONFIRMATION',
    ]) {
      expect(problems.filter((p) => p.startsWith(`${name}:`))).toHaveLength(1)
    }
  })

  it('name what is missing beside a half-made pair', () => {
    expect(problemsOf({ TLS_CERT: '/tmp/cert.pem' })).toEqual([
      'TLS_KEY: must be set too when TLS_CERT is set',
    ])
    expect(problemsOf({ TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}` })).toEqual([
      'TWILIO_AUTH_TOKEN: must be set too when TWILIO_ACCOUNT_SID is set',
    ])
  })

  it('want Redis and a master key beside PostgreSQL, as nodes share them', () => {
    const postgres = { DATABASE_URL: 'postgres://relay@db.example.com/relay' }
    const redis = { REDIS_URL: 'redis://cache.example.com' }
    const key = { MASTER_KEY: '0'.repeat(64) }
    const named = (env: Record<string, string>) => problemsOf(env).map((problem) => problem.split(':')[0])
    expect(named(postgres)).toEqual(['REDIS_URL', 'MASTER_KEY'])
    expect(named({ ...postgres, ...redis })).toEqual(['MASTER_KEY'])
    expect(named({ ...postgres, ...key })).toEqual(['REDIS_URL'])
    expect(named({ ...postgres, ...redis, ...key })).toEqual([])
    expect(named({ DATABASE_URL: 'sqlite:/tmp/relay.db' })).toEqual([])
    expect(named({ DATABASE_URL: 'mysql://db' })).toEqual(['DATABASE_URL'])
  })

  it('are all described in docs/config.md', () => {
    const page = readFileSync(new URL('../docs/config.md', import.meta.url), 'utf8')
    const missing = Object.keys(defaultSettings())
      .map(envName)
      .filter((name) => !page.includes(`\`${name}\``))
    expect(missing).toEqual([])
  })
})

describe('networks', () => {
  it('match addresses, networks and IPv4 in IPv6 clothes', () => {
    const matches = networkMatcher(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'])
    expect(
      ['10.1.2.3', '192.0.2.7', '::ffff:10.9.9.9', '2001:db8:1::1'].map((address) => matches(address)),
    ).toEqual([true, true, true, true])
    expect(
      ['11.0.0.1', '192.0.2.8', '2001:db9::1', 'not-an-address', undefined].map((a) => matches(a)),
    ).toEqual([false, false, false, false, false])
  })
})
