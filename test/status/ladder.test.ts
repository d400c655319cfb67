import { describe, expect, it } from 'vitest'
import { ladder } from '../../src/status/ladder.ts'
import { definitionSchema, type UtilityDefinition } from '../../src/utilities/definition.ts'

const define = (change: object): UtilityDefinition => ({
  ...definitionSchema.parse({ name: 'Example Electric', ...change }),
  id: 'example',
})
const connection = { utility: 'example', mfaMethod: null }
const optionsFor = (change: object, hasSmsRelay = true) =>
  ladder({ connection, utility: define(change), hasSmsRelay })

describe('the ladder', () => {
  it('is the general one where nothing is known, and recommends the first way for codes', () => {
    const options = ladder({ connection, utility: undefined, hasSmsRelay: false })
    expect(options.map(({ option }) => option)).toEqual([
      'upload_documents',
      'disable_mfa',
      'security_questions',
      'managed_forwarding',
      'inbox_forwarding',
      'sms',
      'authenticator',
      'automatic',
    ])
    expect(options.filter(({ recommended }) => recommended)).toMatchObject([{ option: 'security_questions' }])
    expect(options.find(({ option }) => option === 'sms')).toMatchObject({ available: false })
  })

  it('begins with the utility’s own order', () => {
    const options = optionsFor({ ladder: ['sms', 'upload_documents'] })
    expect(options.slice(0, 3).map(({ option }) => option)).toEqual([
      'sms',
      'upload_documents',
      'disable_mfa',
    ])
    expect(options).toHaveLength(8)
  })

  it('recommends what the definition recommends, with its reason and steps', () => {
    const options = optionsFor({
      advice: { managed_forwarding: { fit: 'recommended', why: 'It works.', steps: ['Sign in.'] } },
    })
    expect(options.filter(({ recommended }) => recommended)).toEqual([
      {
        option: 'managed_forwarding',
        recommended: true,
        available: true,
        why: 'It works.',
        steps: ['Sign in.'],
      },
    ])
  })

  it('says why a rung is not available, and gives no steps for it', () => {
    const options = optionsFor(
      {
        mfa: {
          channels: { email: 'no', sms: 'yes', securityQuestions: 'no', authenticator: 'no' },
          canDisable: 'no',
        },
        advice: {
          sms: { fit: 'recommended', why: 'Only by text.', steps: ['Add our number.'] },
          automatic: { fit: 'impossible', why: 'It always asks.', steps: [] },
        },
      },
      false,
    )
    expect(options.filter(({ available }) => available).map(({ option }) => option)).toEqual([
      'upload_documents',
    ])
    expect(options.some(({ recommended }) => recommended)).toBe(false)
    for (const { available, why, steps } of options)
      if (!available) expect([why, steps]).toEqual([expect.any(String), []])
    expect(options.find(({ option }) => option === 'automatic')?.why).toBe('It always asks.')
  })
})
