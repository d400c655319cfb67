import { Agent, request } from 'node:http'
import { ADMIN_KEY, callApi, provision } from '../../test/support/relay.ts'

/** A login runner that waits for its codes, one after the other. */
export type Runner = {
  readonly address: string
  /** Resolves with the next code and when its answer was whole (performance.now(), ms); asks anew at once. */
  next(): Promise<Answer>
}
export type Answer = { readonly id: string; readonly code: string; readonly at: number }

/** Connections with an address each. */
export async function provisionMany(url: string, count: number): Promise<Provisioned[]> {
  const relay = {
    api: <T>(method: string, path: string, body?: unknown) => callApi<T>(url, method, path, body, ADMIN_KEY),
  }
  const made: Provisioned[] = []
  for (let n = 0; n < count; n += 1) {
    const { connectionId, emailAddress } = await provision(relay)
    made.push({ connectionId, address: emailAddress })
  }
  return made
}
export type Provisioned = { readonly connectionId: string; readonly address: string }

/** Opens an attempt for each and lets it wait; `end` closes them all. */
export async function startRunners(
  relay: { readonly url: string; readonly httpPort: number },
  connections: readonly Provisioned[],
): Promise<{ runners: Runner[]; end(): Promise<void> }> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  const attempts: string[] = []
  for (const { connectionId } of connections) attempts.push(await openAttempt(relay.url, connectionId))
  const runners = connections.map(({ address }, index) => {
    let waiting = poll(relay.httpPort, agent, attempts[index]!, null)
    waiting.catch(() => {})
    return {
      address,
      async next() {
        const answer = await waiting
        // Waits for what is sent after the code that it holds.
        waiting = poll(relay.httpPort, agent, attempts[index]!, answer.id)
        waiting.catch(() => {})
        return answer
      },
    }
  })
  return {
    runners,
    async end() {
      agent.destroy()
      for (const id of attempts) await callApi(relay.url, 'POST', `/v2/attempt/${id}/outcome`, {}, ADMIN_KEY)
    },
  }
}

async function openAttempt(url: string, connectionId: string): Promise<string> {
  const path = `/v2/connection/${connectionId}/attempt`
  const reply = await callApi<{ id: string }>(url, 'POST', path, {}, ADMIN_KEY)
  if (reply.status !== 201) throw new Error(`no attempt: ${JSON.stringify(reply.body)}`)
  return reply.body.id
}

function poll(port: number, agent: Agent, attemptId: string, after: string | null): Promise<Answer> {
  const query = after === null ? 'wait=60' : `wait=60&after=${after}`
  const path = `/v2/attempt/${attemptId}/code?${query}`
  return new Promise((resolve, reject) => {
    const call = request({ port, host: '127.0.0.1', agent, path, headers: { 'x-api-key': ADMIN_KEY } })
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        const at = performance.now()
        if (response.statusCode === 200) resolve({ ...JSON.parse(text), at })
        else if (response.statusCode === 204) poll(port, agent, attemptId, after).then(resolve, reject)
        else reject(new Error(`poll answered ${response.statusCode}`))
      })
      response.on('error', reject)
    })
    call.on('error', reject)
    call.end()
  })
}
