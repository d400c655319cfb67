import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { Config } from '../../config.ts'
import { type Finding, PATIENCE_MS, reason } from './check.ts'

/** Can the ports be taken, or does a relay answer there already? */
export async function checkDoors(config: Config): Promise<Finding[]> {
  const smtp = await door('SMTP port', config.smtpHost, config.smtpPort, 'SMTP_PORT', answersSmtp)
  const http = await door('HTTP port', config.httpHost, config.httpPort, 'HTTP_PORT', answersHttp)
  const advice = 'map port 25 to it: mail from outside comes to port 25 only'
  const hint: Finding[] =
    config.smtpPort === 25
      ? []
      : [{ part: 'SMTP port 25', state: 'warn', text: `we listen on ${config.smtpPort}`, advice }]
  return [smtp, ...hint, http]
}

async function door(
  part: string,
  host: string,
  port: number,
  setting: string,
  answers: (host: string, port: number) => Promise<boolean>,
): Promise<Finding> {
  const error = await tryToListen(host, port)
  if (error === null) return { part, state: 'ok', text: `${host}:${port} is free` }
  const target = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  if (error === 'EADDRINUSE' && (await answers(target, port))) {
    return { part, state: 'ok', text: `${host}:${port} is answered by a running relay` }
  }
  const text = `${host}:${port} cannot be taken: ${error}`
  const advice =
    error === 'EACCES'
      ? `use a port above 1023 and map it, or set ${setting}`
      : `stop what listens there, or set ${setting}`
  return { part, state: 'fail', text, advice }
}

function tryToListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(reason(error)))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}

function answersSmtp(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS })
    const end = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.once('data', (data) => end(data.toString().startsWith('220')))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}

async function answersHttp(host: string, port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  return fetch(`http://${host}:${port}/healthz`, { signal }).then(
    (response) => response.ok,
    () => false,
  )
}

const SOON_MS = 14 * 24 * 3600 * 1000

/** Is the certificate for STARTTLS there, for our name, and still valid for a while? */
export async function checkTls(config: Config): Promise<Finding[]> {
  const part = 'TLS'
  if (!config.tlsCert) {
    const text = 'self-made certificate (enough for opportunistic STARTTLS)'
    return [{ part, state: 'ok', text }]
  }
  const certificate = new X509Certificate(await readFile(config.tlsCert))
  const text = `${certificate.subject.replace(/\n/g, ', ')} until ${certificate.validTo}`
  const until = Date.parse(certificate.validTo)
  if (until < Date.now()) return [{ part, state: 'fail', text, advice: 'renew it: it has expired' }]
  if (until - Date.now() < SOON_MS) return [{ part, state: 'warn', text, advice: 'renew it soon' }]
  return [{ part, state: 'ok', text }]
}
