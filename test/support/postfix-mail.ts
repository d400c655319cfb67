import type { AddressInfo } from 'node:net'
import nodemailer from 'nodemailer'
import { SMTPServer } from 'smtp-server'
import { waitFor } from './wait-for.ts'

/** Several servers hand a message on; on a busy machine that takes a while. */
export const PATIENCE_MS = 60_000

export const patiently: typeof waitFor = (probe, what) => waitFor(probe, what, PATIENCE_MS)

/** Hands a message to a mail server as its own users do, byte for byte. */
export async function submit(
  port: number,
  raw: string,
  envelope: { readonly from: string; readonly to: string },
): Promise<void> {
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port, ignoreTLS: true })
  try {
    await transport.sendMail({ envelope, raw: Buffer.from(raw) })
  } finally {
    transport.close()
  }
}

/** A Maildir holds the mail as Unix has it; on the wire, and where it was signed, lines end in CRLF. */
export const asOnTheWire = (mail: string): string => mail.replace(/\r?\n/g, '\r\n')

/** A mail server in the middle that changes what passes through it, as mailing lists and mail filters do. */
export type Filter = {
  readonly port: number
  /** Where it gives back what it has changed. */
  giveBackTo(port: number): void
  close(): Promise<void>
}

/** @param change what becomes of a message, with everything that is in front of its headers */
export async function startFilter(change: (raw: string) => Promise<string>): Promise<Filter> {
  let target = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    onData(stream, { envelope }, callback) {
      const pass = async () => {
        const chunks: Buffer[] = []
        for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
        const raw = await change(Buffer.concat(chunks).toString('latin1'))
        const from = envelope.mailFrom ? envelope.mailFrom.address : ''
        for (const { address } of envelope.rcptTo) await submit(target, raw, { from, to: address })
      }
      pass().then(() => callback(), callback)
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    giveBackTo: (port) => {
      target = port
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
