import nodemailer from 'nodemailer'

/** Sends one mail as a portal would, over a real socket; answers the server's reply. */
export async function sendMail(
  smtpPort: number,
  mail: {
    to: string | string[]
    from?: string
    subject?: string
    text?: string
    html?: string
    messageId?: string
    date?: Date
    headers?: Record<string, string>
    /** The sender's own address. */
    localAddress?: string
  },
): Promise<string> {
  const from = mail.from ?? 'no-reply@sandbox-power.test'
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: smtpPort,
    tls: { rejectUnauthorized: false },
    ...(mail.localAddress === undefined ? {} : { localAddress: mail.localAddress }),
  })
  try {
    const { response } = await transport.sendMail({
      envelope: { from, to: mail.to },
      from: { name: 'Sandbox Power', address: from },
      to: 'customer@example.com',
      subject: mail.subject ?? 'Your sign-in code',
      ...(mail.text === undefined ? {} : { text: mail.text }),
      ...(mail.html === undefined ? {} : { html: mail.html }),
      ...(mail.messageId === undefined ? {} : { messageId: mail.messageId }),
      ...(mail.date === undefined ? {} : { date: mail.date }),
      ...(mail.headers === undefined ? {} : { headers: mail.headers }),
    })
    return response
  } finally {
    transport.close()
  }
}

/** The sandbox portal's usual wording. */
export const codeText = (code: string): string =>
  `Hello,\r\n\r\nYour Sandbox Power verification code is ${code}\r\n\r\nIt is valid for 10 minutes.\r\n`
