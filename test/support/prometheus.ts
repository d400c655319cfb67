import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ensureTool } from '../../scripts/setup.ts'
import { waitFor } from './wait-for.ts'

/** A real Prometheus that scrapes one target every second. */
export type PrometheusServer = {
  /** Asks its HTTP API, e.g. `query?query=up`; answers `data`. @throws Error with what it says is wrong */
  ask<T>(path: string): Promise<T>
  close(): Promise<void>
}

/** Runs promtool with these arguments; answers what it prints. @throws Error when it finds something wrong */
export function promtool(...args: string[]): string {
  const path = join(dirname(ensureTool('prometheus')), 'promtool')
  return execFileSync(path, args, { encoding: 'utf8', stdio: 'pipe' })
}

/** @param target host and port of what is scraped, as job `mfa-relay` */
export async function startPrometheus(
  target: string,
  ruleFiles: readonly string[],
): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-prometheus-'))
  const port = await freePort()
  // JSON is YAML, too.
  const settings = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ruleFiles,
    scrape_configs: [{ job_name: 'mfa-relay', static_configs: [{ targets: [target] }] }],
  }
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(settings))
  const child = spawn(
    ensureTool('prometheus'),
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)
    const reply = (await response.json()) as { status: string; error?: string; data: T }
    if (reply.status !== 'success') throw new Error(`${path}: ${reply.error}`)
    return reply.data
  }
  const close = async (): Promise<void> => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await waitFor(async () => {
      if (child.exitCode !== null) return true
      const { result } = await ask<{ result: { value: [number, string] }[] }>('query?query=up')
      return result[0]?.value[1] === '1'
    }, 'Prometheus to scrape')
    if (child.exitCode !== null) throw new Error(`Prometheus ended: ${said}`)
  } catch (error) {
    await close()
    throw error
  }
  return { ask, close }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

/** Prometheus does not say which port it took, so it is given one. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
