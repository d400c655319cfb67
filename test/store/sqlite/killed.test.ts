import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openSqliteStore } from '../../../src/store/sqlite/open.ts'
import { rules, T0 } from '../samples.ts'
import { newFolder, TEST_KEY } from './test-store.ts'

type Line = { messageId: string } | { attemptId: string; codeId: string }

/** Lets the child work until it has acknowledged so many things, then kills it in the middle of the next. */
async function workAndKill(path: string, acknowledged: number): Promise<Line[]> {
  const script = fileURLToPath(new URL('killed.ts', import.meta.url))
  const child = spawn(process.execPath, [script, path, Buffer.from(TEST_KEY).toString('hex')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const lines: Line[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    // The kill may cut the last line short; a half line was never told to anybody.
    if (line.endsWith('}')) lines.push(JSON.parse(line))
    if (lines.length === acknowledged) child.kill('SIGKILL')
  }
  expect(await ended).toEqual([null, 'SIGKILL'])
  return lines
}

it('still has everything it acknowledged before kill -9', { timeout: 60_000 }, async () => {
  const folder = newFolder()
  const path = join(folder, 'relay.db')
  const lines = [...(await workAndKill(path, 40)), ...(await workAndKill(path, 61))]
  const store = await openSqliteStore({ path, masterKeys: [TEST_KEY] })
  const note = { actor: 'admin', action: 'message.viewed', at: T0 }
  for (const line of lines) {
    if ('messageId' in line) {
      expect(await store.getMessage(line.messageId)).toMatchObject({ extraction: { code: '482913' } })
      expect(await store.readBody(line.messageId, note)).toHaveLength(11)
    } else {
      const again = await store.claimCode(line.attemptId, rules(), 'key:runner')
      expect(again).toMatchObject({ code: { id: line.codeId, state: 'claimed' } })
    }
  }
  expect(lines.some((line) => 'codeId' in line)).toBe(true)
  await store.close()
  rmSync(folder, { recursive: true })
})
