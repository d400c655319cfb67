import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Relay } from '../../src/client/index.ts'
import { createLedger } from '../ledger.ts'
import { seeded } from '../random.ts'
import { type RelayUnderTest, relayUnderTest } from '../relay.ts'
import { startSink } from '../sink.ts'
import { until } from '../wait.ts'
import { ADMIN_KEY, callApi, environment, PATIENCE_MS, provision, type World } from '../world.ts'
import { type Balancer, startBalancer } from './balancer.ts'

/** Several nodes on one database behind a load balancer, seen from outside as one relay. */
export type ClusterWorld = World & {
  readonly nodes: readonly RelayUnderTest[]
  readonly databaseUrl: string
  readonly balancers: { readonly smtp: Balancer; readonly http: Balancer }
}

export type ClusterOptions = {
  readonly seed: string
  readonly nodes: number
  readonly connections: number
  readonly databaseUrl: string
  readonly redisUrl: string
}

/** Starts the nodes one after the other, as the first one makes the tables, and provisions the connections. */
export async function createClusterWorld(options: ClusterOptions): Promise<ClusterWorld> {
  const random = seeded(options.seed)
  const ledger = createLedger(random.below(900_000))
  const folder = mkdtempSync(join(tmpdir(), 'mfa-relay-cluster-'))
  const nodes: RelayUnderTest[] = []
  const sum = () => nodes.reduce((total, { generation }) => total + generation, 0)
  const sink = await startSink({ generation: sum, behave: () => ({ kind: 'accept' }) })
  const shared = {
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    MASTER_KEY: randomBytes(32).toString('hex'),
    HOST_MESSAGES_PER_MINUTE: '1000000',
    // Nodes that start take all processors there are: that reading takes long then is no hostile message.
    READ_DEADLINE_MS: '60000',
  }
  const balancers = {
    smtp: await startBalancer(() => nodes.map(({ smtpPort }) => smtpPort)),
    http: await startBalancer(() => nodes.map(({ httpPort }) => httpPort)),
  }
  const closing = new AbortController()
  const close = async (): Promise<void> => {
    closing.abort()
    await Promise.all(nodes.map((node) => node.kill()))
    await Promise.all([sink.close(), balancers.smtp.close(), balancers.http.close()])
    rmSync(folder, { recursive: true, force: true })
  }
  const relay = asOne(nodes, balancers)
  try {
    for (let index = 0; index < options.nodes; index += 1) {
      const dataDir = join(folder, `node-${index}`)
      mkdirSync(dataDir)
      const node = await relayUnderTest(
        { ...environment(dataDir, sink.smtpUrl), ...shared },
        random.fork(`ports ${index}`),
        ({ message }) => ledger.violate(`node ${index} ended without being killed: ${message}`),
      )
      await node.start()
      nodes.push(node)
    }
    const api: World['api'] = (method, path, body) => again(() => callApi(relay.url, method, path, body))
    const mailboxes = await provision(api, options.connections)
    const client = new Relay({ url: relay.url, apiKey: ADMIN_KEY, timeoutMs: PATIENCE_MS })
    const world = { random, relay, sink, ledger, mailboxes, client, api, closing: closing.signal, close }
    return { ...world, nodes, balancers, databaseUrl: options.databaseUrl }
  } catch (error) {
    await close()
    throw error
  }
}

/** What the harness for one relay looks at; killing and starting are for {@link ClusterWorld.nodes}. */
function asOne(nodes: readonly RelayUnderTest[], { smtp, http }: ClusterWorld['balancers']): RelayUnderTest {
  const all = (act: (node: RelayUnderTest) => Promise<void>) => async () => {
    await Promise.all(nodes.map(act))
  }
  return {
    smtpPort: smtp.port,
    httpPort: http.port,
    url: `http://127.0.0.1:${http.port}`,
    get generation() {
      return nodes.reduce((total, { generation }) => total + generation, 0)
    },
    pid: undefined,
    get isUp() {
      return nodes.some(({ isUp }) => isUp)
    },
    get killedAt() {
      return nodes.flatMap(({ killedAt }) => killedAt)
    },
    launch: () => {
      for (const node of nodes) node.launch()
    },
    start: all((node) => node.start()),
    kill: all((node) => node.kill()),
    stop: all((node) => node.stop()),
  }
}

const AGAIN_MS = 30_000

/** The balancer may have given a call to a node that was just killed, or one whose database is away. */
async function again<T extends { readonly status: number }>(call: () => Promise<T>): Promise<T> {
  const answer = await until(async () => {
    const reply = await call()
    return reply.status < 500 ? reply : null
  }, AGAIN_MS)
  return answer ?? call()
}
