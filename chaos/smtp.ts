import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** One reply, all its lines. */
export type Reply = { readonly code: number; readonly text: string }

/** A portal's mail server on one connection. Every call rejects once the connection has ended. */
export type Portal = {
  /**
   * Sends one message.
   *
   * @param afterDot called in the same moment that the last byte of DATA was handed to the system
   * @returns the reply that decided: to the dot, or an earlier refusal
   */
  send(mail: { sender: string; recipient: string; data: string }, afterDot?: () => void): Promise<Reply>
  /** Says these commands one after the other; the last reply, or the first that refuses. */
  ask(...commands: string[]): Promise<Reply>
  close(): void
}

const SILENCE_MS = 60_000

/** Connects, says EHLO, and STARTTLS if wanted. @throws Error when the relay is not there */
export async function openPortal(port: number, options: { tls: boolean }): Promise<Portal> {
  const plain = connect({ port, host: '127.0.0.1', noDelay: true })
  let line = talk(plain)
  await once(plain, 'connect')
  await expect(line.next(), 220)
  await expect(line.command('EHLO mail.sandbox-power.test'), 250)
  if (options.tls) {
    await expect(line.command('STARTTLS'), 220)
    line.release()
    const secure = connectTls({ socket: plain, rejectUnauthorized: false })
    line = talk(secure)
    await Promise.race([once(secure, 'secureConnect'), line.ended])
    await expect(line.command('EHLO mail.sandbox-power.test'), 250)
  }
  const ask = async (...commands: string[]): Promise<Reply> => {
    let reply: Reply = { code: 0, text: '' }
    for (const command of commands) {
      reply = await line.command(command)
      if (reply.code >= 400) break
    }
    return reply
  }
  return {
    ask,
    async send({ sender, recipient, data }, afterDot) {
      const reply = await ask(`MAIL FROM:<${sender}>`, `RCPT TO:<${recipient}>`, 'DATA')
      if (reply.code >= 400) {
        await ask('RSET')
        return reply
      }
      line.write(data)
      const answer = line.command('.')
      afterDot?.()
      return answer
    },
    close: () => plain.destroy(),
  }
}

async function expect(reply: Promise<Reply>, code: number): Promise<void> {
  const answer = await reply
  if (answer.code !== code) throw new Error(`expected ${code}, got ${answer.text}`)
}

type Line = {
  next(): Promise<Reply>
  command(text: string): Promise<Reply>
  write(text: string): void
  /** Rejects when the connection ends. */
  readonly ended: Promise<never>
  release(): void
}

function talk(socket: Socket): Line {
  const ready: Reply[] = []
  let waiting: ((reply: Reply) => void) | null = null
  let buffered = ''
  let lines: string[] = []
  const take = (chunk: Buffer): void => {
    buffered += chunk.toString('latin1')
    for (let end = buffered.indexOf('\r\n'); end !== -1; end = buffered.indexOf('\r\n')) {
      lines.push(buffered.slice(0, end))
      buffered = buffered.slice(end + 2)
      if (lines.at(-1)?.[3] === '-') continue
      const reply = { code: Number(lines.at(-1)?.slice(0, 3)), text: lines.join('\n') }
      lines = []
      const give = waiting
      waiting = null
      if (give) give(reply)
      else ready.push(reply)
    }
  }
  const ended = new Promise<never>((_, reject) => {
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('the relay closed the connection')))
    socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error('the relay was silent')))
  })
  ended.catch(() => {})
  socket.on('data', take)
  const next = (): Promise<Reply> => {
    const reply = ready.shift()
    if (reply) return Promise.resolve(reply)
    const coming = new Promise<Reply>((resolve) => {
      waiting = resolve
    })
    return Promise.race([coming, ended])
  }
  return {
    next,
    command(text) {
      socket.write(`${text}\r\n`, 'latin1')
      return next()
    },
    write: (text) => void socket.write(text, 'latin1'),
    ended,
    release: () => void socket.off('data', take),
  }
}
