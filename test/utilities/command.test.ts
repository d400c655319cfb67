import { cpSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { EXIT } from '../../src/commands/exit.ts'
import { checkUtilities } from '../../src/commands/utility.ts'
import { directoryWith, put } from './support.ts'

async function run(dir: string | undefined) {
  const out: string[] = []
  const err: string[] = []
  const exitCode = await checkUtilities(dir, { out: (text) => out.push(text), err: (text) => err.push(text) })
  const cut = dir === undefined ? 0 : dir.length + 1
  return { exitCode, out, err: err.map((line) => line.slice(cut)) }
}

const text = (body: string) => ({ From: '72390', To: '+12025550143', Body: body })
const GOOD = {
  'wet-works.json': {
    name: 'Wet Works',
    email: { from: ['@wet-works.test'] },
    sms: { from: ['72390'], codes: ['Wet Works: {code:6} opens the tap'] },
  },
  'fixtures/wet-works/01-text.sms.json': text('Wet Works: 481592 opens the tap'),
  'fixtures/wet-works/01-text.expected.json': { kind: 'code', code: '481592', note: 'the template' },
  'fixtures/wet-works/02-bill.sms.json': text('Wet Works: your bill of $81.20 is ready'),
  'fixtures/wet-works/02-bill.expected.json': { kind: 'notice', alsoFair: ['none'], note: 'a bill' },
}

describe('mfa-relay utility check', () => {
  it('has nothing to say against a good directory', async () => {
    expect(await run(directoryWith(GOOD))).toEqual({
      exitCode: EXIT.ok,
      out: ['1 definitions, 2 fixtures, 0 problems'],
      err: [],
    })
  })

  it('takes the built-in directory with its fixtures when it is named', async () => {
    const { out } = await run(fileURLToPath(new URL('../../config/utilities', import.meta.url)))
    expect(out[0]).toMatch(/^20 definitions, \d\d+ fixtures, /)
  })

  it('prints every problem with file, place and reason', async () => {
    const dir = directoryWith(GOOD)
    put(dir, 'wet-works.json', {
      ...GOOD['wet-works.json'],
      sms: { from: ['72390', '72345'], codes: ['Wet Works: {code:6} opens the tap', 'Tap code {code:6}'] },
    })
    put(dir, 'thief.json', { name: 'Thief', email: { from: ['@em.pge.com', '@gmail.com'] } })
    put(dir, 'slot.json', { name: 'Slot', email: { from: ['@slot.test'], codes: ['code {cod:6}'] } })
    put(dir, 'fixtures/wet-works/03-odd.sms.json', text('Wet Works: 903817 opens the tap'))
    put(dir, 'fixtures/wet-works/03-odd.expected.json', { kind: 'code', code: '000000', note: 'wrong' })
    put(dir, 'fixtures/wetworks/01-x.eml', '')
    const { exitCode, err, out } = await run(dir)
    expect(exitCode).toBe(EXIT.dataError)
    expect(err.sort()).toEqual([
      'fixtures/wet-works/03-odd.sms.json: gives code 903817, but code 000000 is expected (wrong)',
      'fixtures/wetworks: there is no definition wetworks.json',
      expect.stringMatching(/^slot\.json:\d+:\d+: email\.codes\.0: .*unknown slot/),
      'thief.json:1:1: fixtures/thief has no negative: a message without a code',
      'thief.json:1:1: fixtures/thief has no positive: a message with a code',
      expect.stringMatching(/^thief\.json:\d+:\d+: email\.from\.0: "pge" claims @pge\.com too$/),
      expect.stringMatching(
        /^thief\.json:\d+:\d+: email\.from\.1: anybody can have an address at gmail\.com$/,
      ),
      expect.stringMatching(/^wet-works\.json:\d+:\d+: sms\.from\.1: "sandbox-power" claims 72345 too$/),
      expect.stringMatching(/^wet-works\.json:\d+:\d+: sms\.codes\.1: no fixture is read by "Tap code/),
    ])
    expect(out).toEqual(['2 definitions, 3 fixtures, 9 problems'])
  })

  it('checks a definition over a built-in one in its stead', async () => {
    const dir = directoryWith({
      'sandbox-power.json': {
        name: 'Our sandbox',
        email: { from: ['@sandbox-power.test'] },
        sms: { from: ['72345'] },
      },
    })
    const fixtures = fileURLToPath(new URL('../../fixtures/sandbox-power', import.meta.url))
    cpSync(fixtures, `${dir}/fixtures/sandbox-power`, { recursive: true })
    expect(await run(dir)).toMatchObject({ exitCode: EXIT.ok, err: [] })
  })

  it('reads with a custom extractor where there is one, and names one without a definition', async () => {
    const dir = directoryWith(GOOD)
    const extractor = (utility: string) => `export default () => ({
      utility: '${utility}',
      claims: () => true,
      extract: ({ text }) =>
        text.includes('tap')
          ? { kind: 'code', code: 'ABC', rule: 'custom', confidence: 1, candidates: [] }
          : { kind: 'none', reason: 'unmatched', candidates: [] },
    })`
    put(dir, 'wet-works.js', extractor('wet-works'))
    put(dir, 'dry-works.js', extractor('dry-works'))
    const { err } = await run(dir)
    expect(err).toContain('dry-works: there is no definition dry-works.json')
    expect(err).toContain(
      'fixtures/wet-works/01-text.sms.json: gives code ABC, but code 481592 is expected (the template)',
    )
  })

  it('refuses a directory that is not there', async () => {
    await expect(run('/nowhere/utilities')).rejects.toMatchObject({ exitCode: EXIT.noInput })
  })
})
