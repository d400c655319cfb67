import { createPublicKey } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import type { Config } from '../../config.ts'
import { type Finding, PATIENCE_MS, reason } from './check.ts'

/** Does the world find us by MX, and our copies' SPF and DKIM by TXT? */
export async function checkDns(config: Config): Promise<Finding[]> {
  const resolver = new Resolver({ timeout: PATIENCE_MS / 2, tries: 2 })
  if (config.dnsServers.length > 0) resolver.setServers([...config.dnsServers])
  return Promise.all([checkMx(resolver, config), checkSpf(resolver, config), checkDkim(resolver, config)])
}

async function checkMx(resolver: Resolver, { mailDomain }: Config): Promise<Finding> {
  const part = 'DNS MX'
  const advice = `publish: ${mailDomain}. MX 10 <this host's name>.`
  try {
    const records = await resolver.resolveMx(mailDomain)
    const names = records.sort((a, b) => a.priority - b.priority).map(({ exchange }) => exchange)
    if (names.length === 0) return { part, state: 'fail', text: `${mailDomain} has no MX record`, advice }
    const addresses = (await Promise.all(names.map((name) => resolver.resolve4(name).catch(() => [])))).flat()
    const text = `${mailDomain} → ${names.join(', ')} (${addresses.join(', ') || 'no address'})`
    if (addresses.length > 0) return { part, state: 'ok', text }
    return { part, state: 'fail', text, advice: `publish an address record for ${names[0]}` }
  } catch (error) {
    return { part, state: 'fail', text: `${mailDomain}: ${reason(error)}`, advice }
  }
}

async function checkSpf(resolver: Resolver, { mailDomain, outboundSmtpUrl }: Config): Promise<Finding> {
  const part = 'DNS SPF'
  if (!outboundSmtpUrl) return { part, state: 'off', text: 'no copies go out by e-mail' }
  const advice = `publish: ${mailDomain}. TXT "v=spf1 … -all" naming the server that sends your mail`
  const records = await resolver.resolveTxt(mailDomain).catch(() => [])
  const spf = records.map((chunks) => chunks.join('')).find((text) => /^v=spf1\b/i.test(text))
  if (spf) return { part, state: 'ok', text: `${mailDomain}: ${spf}` }
  return { part, state: 'warn', text: `${mailDomain} publishes none`, advice }
}

async function checkDkim(resolver: Resolver, config: Config): Promise<Finding> {
  const part = 'DNS DKIM'
  const { dkimKey, dkimSelector } = config
  if (!dkimKey) return { part, state: 'off', text: 'copies are not signed (DKIM_KEY, DKIM_SELECTOR)' }
  const name = `${dkimSelector}._domainkey.${config.dkimDomain || config.mailDomain}`
  const pem = dkimKey.includes('-----BEGIN') ? dkimKey : await readFile(dkimKey, 'utf8')
  const ours = createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64')
  const records = await resolver.resolveTxt(name).catch(() => [])
  const published = records.map((chunks) => /\bp=([^;]+)/.exec(chunks.join(''))?.[1]?.replace(/\s/g, ''))
  if (published.includes(ours)) return { part, state: 'ok', text: `${name} matches our key` }
  const advice = `publish: ${name}. TXT "v=DKIM1; k=rsa; p=${ours}"`
  const text = records.length > 0 ? `${name} holds another key` : `${name} is not published`
  return { part, state: 'fail', text, advice }
}

/** Do customers and Twilio reach us by PUBLIC_URL? */
export async function checkPublicUrl({ publicUrl }: Config): Promise<Finding[]> {
  const part = 'public URL'
  if (!publicUrl) {
    const advice = 'set PUBLIC_URL: links to customers and Twilio need it'
    return [{ part, state: 'warn', text: 'not set', advice }]
  }
  try {
    const response = await fetch(`${publicUrl}/healthz`, { signal: AbortSignal.timeout(PATIENCE_MS) })
    if (!response.ok) throw new Error(`answers ${response.status}`)
  } catch (error) {
    const advice = 'start the relay, or check the proxy in front of it'
    return [{ part, state: 'warn', text: `${publicUrl}/healthz: ${reason(error)}`, advice }]
  }
  if (publicUrl.startsWith('https:')) return [{ part, state: 'ok', text: publicUrl }]
  return [{ part, state: 'warn', text: `${publicUrl} is not https`, advice: 'Twilio requires https' }]
}
