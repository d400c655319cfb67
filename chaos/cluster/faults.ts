import { readdirSync, readFileSync } from 'node:fs'
import type { PostgresServer } from '../../test/support/postgres.ts'
import type { TestRedis } from '../../test/support/redis.ts'
import { sleep } from '../wait.ts'
import type { ClusterWorld } from './world.ts'

export type Servers = { readonly postgres: PostgresServer; readonly redis: TestRedis }

/** Something that goes wrong, and is over when its promise resolves. */
export type Fault = { readonly name: string; run(world: ClusterWorld, servers: Servers): Promise<void> }

const pick = ({ nodes, random }: ClusterWorld) => nodes[random.below(nodes.length)]!

/** In the order in which they are drawn; what is named twice is drawn twice as often. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'kill -9 of a node',
    async run(world) {
      const node = pick(world)
      await node.kill()
      await sleep(world.random.between(0, 1_500))
      await node.start()
    },
  },
  {
    name: 'kill -9 of all nodes but one',
    async run({ nodes, random }) {
      const survivor = random.below(nodes.length)
      const others = nodes.filter((_, index) => index !== survivor)
      await Promise.all(others.map((node) => node.kill()))
      for (const node of others) await node.start()
    },
  },
  {
    name: 'rolling restart',
    async run({ nodes }) {
      for (const node of nodes) {
        await node.stop()
        await node.start()
      }
    },
  },
  { name: 'Redis flushed', run: async (_, { redis }) => void (await redis.command('FLUSHALL')) },
  {
    name: 'Redis stopped',
    async run({ random }, { redis }) {
      await redis.kill()
      await sleep(random.between(500, 8_000))
      await redis.start()
    },
  },
  {
    name: 'Redis paused',
    async run({ random }, { redis }) {
      redis.pause()
      await sleep(random.between(500, 4_000))
      redis.resume()
    },
  },
  { name: 'PostgreSQL restarted', run: async (_, { postgres }) => postgres.restart('fast') },
  { name: 'PostgreSQL crashed', run: async (_, { postgres }) => postgres.restart('immediate') },
  {
    name: 'PostgreSQL paused',
    async run({ random }, { postgres }) {
      const pids = [postgres.pid, ...childrenOf(postgres.pid)]
      for (const pid of pids) signal(pid, 'SIGSTOP')
      await sleep(random.between(500, 4_000))
      for (const pid of pids) signal(pid, 'SIGCONT')
    },
  },
]

/** Each backend is a process of its own, and out of the postmaster's group. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent)
}

function parentOf(pid: number): number | null {
  try {
    // The second field, a name in parentheses, may itself hold spaces and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended in this moment.
  }
}
