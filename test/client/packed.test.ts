import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HttpServer, startHttp } from '../../src/http/server.ts'
import { startApi, type TestApi } from '../support/api.ts'
import { waitFor } from '../support/wait-for.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** What a login runner's author would write. */
const RUNNER = `
import { CodeTimeout, PasswordIncorrect, Relay } from 'mfa-relay/client'
const [url, apiKey, connectionId] = process.argv.slice(2)
const relay = new Relay({ url, apiKey })
const code = await relay.login(connectionId, async (login) => (await login.code({ timeoutMs: 20_000 })).code)
const refused = await relay
  .login(connectionId, async () => { throw new PasswordIncorrect() })
  .catch((error) => error.name)
const late = await relay
  .login(connectionId, (login) => login.code({ timeoutMs: 1 }))
  .catch((error) => error instanceof CodeTimeout && error.message)
console.log(JSON.stringify({ version: process.version, code, refused, late }))
`

/** Its last line is wrong on purpose: were the types lost on the way, everything would be `any`, and nothing wrong. */
const TYPED_RUNNER = `
import { type Code, CodeTimeout, type Login, Relay, type SeenMessage } from 'mfa-relay/client'
const relay = new Relay({ url: 'http://localhost', apiKey: 'key', fetch: globalThis.fetch })
export async function run(connectionId: string, signal: AbortSignal): Promise<string> {
  try {
    return await relay.login(connectionId, async (login: Login) => {
      const code: Code = await login.code({ timeoutMs: 1_000, signal })
      const answer: string = await login.answer('First pet?')
      return code.code + answer
    }, { purpose: 'test_login' })
  } catch (error) {
    const seen: readonly SeenMessage[] = error instanceof CodeTimeout ? error.seen : []
    return seen.map(({ text }) => text).join()
  }
}
// @ts-expect-error a code is not a number
export const wrong: number = await relay.waitForCode('id')
`

/** A Node other than the one that runs the tests: what a runner's machine may have. */
function olderNode(): string {
  if (process.env.NODE20) return process.env.NODE20
  const folders = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
  const found = [...folders, '/usr/bin', '/usr/local/bin']
    .map((folder) => join(folder, 'node'))
    .find((path) => majorOf(path) >= 20)
  if (!found) console.info(`no other Node 20 or newer found: the packed client runs on ${process.version}`)
  return found ?? process.execPath
}

function majorOf(node: string): number {
  try {
    return Number(/^v(\d+)/.exec(execFileSync(node, ['--version'], { encoding: 'utf8' }))?.[1])
  } catch {
    return 0
  }
}

describe('the packed client', () => {
  let api: TestApi
  let server: HttpServer
  let folder: string
  beforeAll(async () => {
    api = await startApi()
    server = await startHttp({ app: api.app, host: '127.0.0.1', port: 0 })
    folder = mkdtempSync(join(tmpdir(), 'mfa-relay-packed-'))
    await run('npm', ['pack', '--pack-destination', folder], { cwd: root })
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? ''
    const home = join(folder, 'node_modules', 'mfa-relay')
    mkdirSync(home, { recursive: true })
    // Nothing else is installed: the client must need nothing else.
    await run('tar', ['-xzf', join(folder, tarball), '-C', home, '--strip-components=1'])
    writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}')
  }, 120_000)
  afterAll(async () => {
    await server.close()
    await api.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('logs in from another folder, on an older Node', async () => {
    writeFileSync(join(folder, 'runner.js'), RUNNER)
    const node = olderNode()
    const apiKey = await api.newKey('runner')
    const connectionId = await api.newConnection(await api.newCompany())
    const url = `http://127.0.0.1:${server.port}`
    const child = spawn(node, ['runner.js', url, apiKey, connectionId], { cwd: folder })
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
    })
    child.stderr.on('data', (data) => {
      output += data
    })
    const exited = new Promise<number | null>((resolve) => child.on('exit', resolve))
    await waitFor(() => api.waiters.count() === 1 || child.exitCode !== null, 'the runner to wait')
    await api.deliver(connectionId, '482913')
    expect([await exited, output]).toEqual([0, expect.stringMatching(/^\{.*\}\n$/)])
    expect(JSON.parse(output)).toEqual({
      version: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(),
      code: '482913',
      refused: 'PasswordIncorrect',
      late: expect.stringContaining('nothing arrived meanwhile'),
    })
    const { body } = await api.call('GET', `/v2/connection/${connectionId}/details`)
    expect(body.status).toBe('MFA_TOKEN_EXPIRED')
  })

  it('brings types that a strict consumer compiles with', async () => {
    writeFileSync(join(folder, 'typed.ts'), TYPED_RUNNER)
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2022', 'dom'],
      types: [],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.ts'] }))
    const result = await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]).catch((error) => error)
    expect(result.stdout).toBe('')
  })
})
