import { describe, expect, it } from 'vitest'
import {
  domainsFor,
  organisationalDomain,
  sameOrganisation,
  senderBelongs,
  senderFits,
  signingDomains,
  smsSenderBelongs,
} from '../../src/utilities/match.ts'
import { define } from './support.ts'

const utility = define('example', {
  web: ['portal-example.com'],
  email: { from: ['@example-electric.co.uk', 'codes@mailer.example.net'] },
  sms: { from: ['72399'] },
})

describe('senderBelongs', () => {
  it.each([
    ['noreply@example-electric.co.uk', true],
    ['NoReply@Example-Electric.CO.UK', true],
    ['x@em.example-electric.co.uk', true],
    ['em.example-electric.co.uk', true],
    ['example-electric.co.uk.', true],
    ['codes@mailer.example.net', true],
    ['Codes@mailer.example.net', true],
    ['other@mailer.example.net', false],
    ['codes@sub.mailer.example.net', false],
    ['mailer.example.net', false],
    ['x@notexample-electric.co.uk', false],
    ['x@example-electric.co.uk.evil.example', false],
    ['example-electric.co.uk@evil.example', false],
    ['x@co.uk', false],
    ['x@portal-example.com', false],
    ['x@ехample-electric.co.uk', false],
    ['', false],
    ['x@', false],
  ])('%s: %s', (address, belongs) => {
    expect(senderBelongs(utility, address)).toBe(belongs)
  })

  it('belongs to nobody where nothing is listed', () => {
    expect(senderBelongs(define('none', {}), 'x@example.com')).toBe(false)
  })
})

describe('senderFits', () => {
  it.each([
    ['alerts@news.portal-example.com', true],
    ['x@another.example.net', true],
    ['x@portal-example.com.evil.example', false],
    ['x@co.uk', false],
    ['x@127.0.0.1', false],
  ])('%s: %s', (address, fits) => {
    expect(senderFits(utility, address)).toBe(fits)
  })
})

it('knows the domains that sign for a utility, and all it is known by', () => {
  expect(signingDomains(utility)).toEqual(['example-electric.co.uk', 'mailer.example.net'])
  expect(signingDomains(define('x', { email: { from: ['@a.test'], signedBy: ['b.test'] } }))).toEqual([
    'b.test',
  ])
  expect(domainsFor(utility)).toEqual(['example-electric.co.uk', 'mailer.example.net', 'portal-example.com'])
})

it('takes SMS senders as Twilio names them', () => {
  expect(smsSenderBelongs(utility, '72399')).toBe(true)
  expect(smsSenderBelongs(utility, '+172399')).toBe(false)
})

it('finds the domain that its owner registered', () => {
  expect(organisationalDomain('a@em.example.co.uk')).toBe('example.co.uk')
  expect(organisationalDomain('someone.github.io')).toBe('someone.github.io')
  expect(organisationalDomain('localhost')).toBeNull()
  expect(sameOrganisation('one.github.io', 'two.github.io')).toBe(false)
  expect(sameOrganisation('com', 'com')).toBe(false)
})
