import { describe, expect, it } from 'vitest'
import { loadInboxProviders, providerOf } from '../../src/utilities/inbox-providers.ts'
import { formatProblem } from '../../src/utilities/problem.ts'
import { directoryWith } from './support.ts'

const { providers, problems } = loadInboxProviders()

describe('the inbox providers that ship with the relay', () => {
  it('are these, without a problem', () => {
    expect(problems.map(formatProblem)).toEqual([])
    expect([...providers.keys()]).toEqual([
      ...['fastmail', 'gmail', 'google-workspace', 'icloud', 'microsoft-365', 'other', 'outlook-com'],
      ...['proton', 'yahoo', 'zoho'],
    ])
  })

  it.each([...providers.values()])('$id tells the customer which address and which senders', (provider) => {
    const steps = provider.forwarding.steps.join('\n')
    expect(steps).toContain('{address}')
    if (provider.id !== 'yahoo') expect(steps).toContain('{senders}')
    for (const text of [steps, provider.silence.advice, ...provider.forwarding.caveats])
      expect(text.replace(/\{address\}|\{senders\}/g, '')).not.toMatch(/[{}]/)
  })

  it.each([...providers.values()])('$id never allows a link that it forbids', ({ confirmation }) => {
    for (const allowed of confirmation.allowedLinks)
      for (const forbidden of confirmation.forbiddenLinks) {
        expect(allowed.startsWith(forbidden)).toBe(false)
        expect(forbidden.startsWith(allowed)).toBe(false)
      }
    const hosts = confirmation.allowedLinks.map((link) => new URL(link).hostname)
    expect(confirmation.redirectHosts).toEqual(expect.arrayContaining(hosts))
    if (hosts.length > 0) expect(confirmation.signedBy).not.toEqual([])
  })

  it('know what Microsoft answers, and what makes Zoho stop', () => {
    expect(providers.get('microsoft-365')?.silence.advice).toContain('5.7.520')
    expect(providers.get('zoho')?.forwarding.stopsAfter).toEqual({
      permanentFailures: 1,
      temporaryFailures: 11,
    })
  })
})

describe('providerOf', () => {
  it.each([
    ['someone@gmail.com', 'gmail'],
    ['Someone@GoogleMail.com', 'gmail'],
    ['someone@hotmail.com', 'outlook-com'],
    ['someone@me.com', 'icloud'],
    ['someone@example.com', 'other'],
    ['gmail.com@example.com', 'other'],
  ])('%s is at %s', (address, id) => {
    expect(providerOf(providers, address)?.id).toBe(id)
  })
})

it('refuses a directory without "other", and domains that two files name', () => {
  const provider = (domains: string[]) => ({
    name: 'X',
    domains,
    forwarding: { available: 'yes', steps: ['Send {senders} to {address}.'] },
    confirmation: { required: 'no', about: 'None.' },
    arrival: { envelope: ['unknown'], keepsFrom: 'unknown', keepsSignature: 'unknown', about: 'Unknown.' },
    silence: { advice: 'Ask.' },
  })
  const dir = directoryWith({ 'one.json': provider(['a.test']), 'two.json': provider(['b.test', 'a.test']) })
  expect(loadInboxProviders(dir).problems).toEqual([
    expect.objectContaining({ file: `${dir}/two.json`, path: 'domains.1', reason: 'belongs to "one"' }),
    expect.objectContaining({ file: dir }),
  ])
})
