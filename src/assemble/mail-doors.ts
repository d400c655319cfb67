import { networkMatcher } from '../config.ts'
import { doorGuard } from '../inbound/door-guard.ts'
import { startSmtpDoor } from '../inbound/smtp/door.ts'
import type { AppParts } from './app.ts'
import { billAddresses } from './bill-addresses.ts'
import { graceMs } from './grace.ts'

type MailDoorParts = Pick<
  AppParts,
  'config' | 'base' | 'copies' | 'budget' | 'receiveMessage' | 'shutdown'
> & { readonly whyFull: () => string | null }

/** SMTP, and LMTP where it is wanted; answers the ports that are really listened on. */
export async function openMailDoors(parts: MailDoorParts): Promise<{ smtp: number; lmtp: number | null }> {
  const { config, shutdown } = parts
  const settings = doorSettings(parts)
  const open = async (protocol: 'smtp' | 'lmtp', port: number): Promise<number> => {
    const door = await startSmtpDoor({ ...settings, protocol, port })
    shutdown.front(() => door.close(graceMs(config)))
    return door.port
  }
  const smtp = await open('smtp', config.smtpPort)
  const lmtp = config.lmtpPort === null ? null : await open('lmtp', config.lmtpPort)
  return { smtp, lmtp }
}

/** What both doors share, the guard too. */
function doorSettings({ config, base, copies, budget, whyFull, receiveMessage }: MailDoorParts) {
  return {
    host: config.smtpHost,
    mailDomain: config.mailDomain,
    tls: { ...config, hostName: config.mailDomain },
    maxMessageBytes: config.maxMessageBytes,
    maxRecipients: config.maxRecipients,
    maxClients: config.maxClients,
    limits: { dataMs: config.smtpDataSeconds * 1000, sessionMs: config.smtpSessionSeconds * 1000 },
    budget,
    isProxyNetwork: networkMatcher(config.proxyNetworks),
    findMailbox: base.store.findMailbox,
    isBillAddress: billAddresses(base.store),
    isReturnPath: (address: string) => copies.returnPaths.parse(address) !== null,
    guard: doorGuard({
      limits: base.node.limits,
      isExempt: networkMatcher(config.trustedNetworks),
      tarpitMs: config.tarpitSeconds * 1000,
      mostHeld: Math.ceil(config.maxClients / 10),
    }),
    onRefused: base.status.onRefused,
    whyFull,
    metrics: base.metrics,
    receive: receiveMessage,
  }
}
