import { type SmtpReply, smtpConnect } from './smtp-client.ts'

/** Hands a message to the relay as a mail system would: null sender, one recipient. Resolves to the last reply. */
export async function sendReport(port: number, returnPath: string, mime: string): Promise<SmtpReply> {
  const client = await smtpConnect(port)
  await client.send('EHLO mx.customer.test')
  await client.send('MAIL FROM:<>')
  const accepted = await client.send(`RCPT TO:<${returnPath}>`)
  if (accepted.code !== 250) return accepted
  await client.send('DATA')
  client.write(`${mime.replace(/^\./gm, '..')}\r\n.\r\n`)
  const reply = await client.next()
  client.quit()
  return reply
}
