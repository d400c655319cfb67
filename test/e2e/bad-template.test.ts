import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkUtilities } from '../../src/commands/doctor/local.ts'
import { extractFiles } from '../../src/commands/extract.ts'
import { loadConfig } from '../../src/config.ts'
import { ADMIN_KEY, startRelay, type TestRelay } from '../support/relay.ts'
import { directoryWith } from '../utilities/support.ts'

/** An operator's file over a built-in one, well-formed but with a slot that there is not. */
const BROKEN = directoryWith({
  'sandbox-power.json': {
    name: 'Sandbox Power',
    sms: { from: ['72345'], codes: ['Sandbox Power: {cod:6} is your sign-in code'] },
  },
})
const TEXT = { From: '72345', To: '+14155550101', Body: 'Sandbox Power: 808182 is your sign-in code' }

let relay: TestRelay
beforeAll(async () => {
  relay = await startRelay({ UTILITIES_DIR: BROKEN })
})
afterAll(async () => {
  await relay.close()
  relay.remove()
  rmSync(BROKEN, { recursive: true })
})

it('starts without a definition whose template does not compile, and reads by the built-in one', async () => {
  const response = await fetch(`${relay.url}/v2/extract?utility=sandbox-power`, {
    method: 'POST',
    headers: { 'x-api-key': ADMIN_KEY, 'content-type': 'application/json' },
    body: JSON.stringify({ sms: TEXT }),
  })
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ kind: 'code', code: '808182' })
})

it('is found by the doctor', async () => {
  const findings = await checkUtilities(loadConfig({ UTILITIES_DIR: BROKEN, DATA_DIR: BROKEN }))
  expect(findings).toMatchObject([{ part: 'utilities', state: 'fail', text: '1 definition problem(s)' }])
})

it('is named by mfa-relay extract, which reads all the same', async () => {
  const out: string[] = []
  const err: string[] = []
  const file = join(BROKEN, 'text.sms')
  writeFileSync(file, JSON.stringify(TEXT))
  const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) }
  const options = { sms: true, json: true, utility: 'sandbox-power' }
  await extractFiles([file], options, { UTILITIES_DIR: BROKEN, DATA_DIR: BROKEN }, io)
  expect(err.join()).toContain('unknown slot {cod}')
  expect(JSON.parse(out[0]!)).toMatchObject({ kind: 'code', code: '808182' })
})
