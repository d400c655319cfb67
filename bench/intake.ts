import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startDnsServer } from '../test/support/dns.ts'
import { BUSY_CELL, CELLS, type Cell, describe, QUICK_CELLS, SIGNED_CELLS } from './intake/cells.ts'
import { print, printSpecials, type Sample, type Samples, type Special, sampleKey } from './intake/tables.ts'
import { verifyStore } from './intake/verify.ts'
import { makeSenderKey } from './load/mail.ts'
import { type Accepted, type Load, startLoad } from './load.ts'
import { startBare } from './peers/bare.ts'
import { startHaraka } from './peers/haraka.ts'
import type { Peer } from './peers/peer.ts'
import { startPostfix } from './peers/postfix.ts'
import { type RelayPeer, startRelayPeer } from './peers/relay.ts'
import { startSink } from './peers/sink.ts'
import { slowFlushes } from './peers/slow-disk.ts'
import { machine, writeResults } from './report.ts'

/*
 * Messages a second, taken durably: the relay (parsed, judged, extracted, sealed, committed with synchronous=FULL, then
 * 250) beside its peers, in alternating rounds on one machine. The load generator is a process of its own and shares the
 * processors with whom it measures. Afterwards the relays are killed and their stores read, code by code.
 */

const CONNECTIONS = 50
/** A relay is a program that runs for weeks: it is measured warm. */
const WARM_UP_MS = 5_000
const SPECIAL_WARM_UP_MS = 2_500
/** So many signed messages are sent in a stretch at most. */
const SIGNED_A_STRETCH = 900
const SLOW_FLUSH_MS = 5

type Stage = { readonly load: Load; readonly ms: number; readonly accepted: Map<Peer, Accepted[]> }

/** `npm run bench -- intake [--quick] [--rounds N] [--ms N] [--peers a,b]` */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      ms: { type: 'string', default: '800' },
    },
  })
  const rounds = Number(values.rounds)
  const cells = values.quick ? QUICK_CELLS : CELLS
  const open = closer()
  try {
    const load = open.add(startLoad(), (one) => one.close())
    const stage: Stage = { load, ms: Number(values.ms), accepted: new Map() }
    const relay = open.add(await startRelayPeer(CONNECTIONS), endRelay)
    const peers = [relay, ...(await startPeers(relay.recipients))]
    for (const peer of peers.slice(1)) open.add(peer, (one) => one.stop())
    const specials = values.quick ? [] : await startSpecials(open, load, rounds)
    console.log(`${Object.values(machine()).join(', ')}`)
    console.log(`${peers.map(({ name, version }) => `${name} ${version}`).join(' · ')}\n`)
    const samples: Samples = new Map()
    await warmUp(stage, peers, specials)
    for (let round = 0; round < rounds; round += 1) {
      for (const cell of cells) await measureAll(stage, turned(peers, round), cell, samples)
      for (const { relay, cells } of specials)
        for (const cell of cells) await measure(stage, relay, cell, samples)
    }
    print(cells, peers, samples)
    printSpecials(specials, relay, samples)
    const kept = await verify(stage, [relay, ...specials.map((special) => special.relay)])
    writeResults('intake', { rounds, ms: stage.ms, samples: Object.fromEntries(samples), kept })
  } finally {
    await open.close()
  }
}

/** Ends what was started, the last first, however the bench ends. */
function closer() {
  const ends: (() => unknown)[] = []
  return {
    add<T>(part: T, end: (part: T) => unknown): T {
      ends.push(() => end(part))
      return part
    },
    async close() {
      for (const end of ends.reverse()) await end()
    },
  }
}

async function endRelay(relay: RelayPeer): Promise<void> {
  await relay.stop()
  relay.remove()
}

async function startSpecials(
  open: ReturnType<typeof closer>,
  load: Load,
  rounds: number,
): Promise<Special[]> {
  const specials = [await startSignedRelay(open, load, rounds)]
  try {
    specials.push(await startSlowRelay(open))
  } catch (error) {
    console.log(`left out: a disk that is slow to flush: ${String(error).slice(0, 200)}`)
  }
  return specials
}

/** Those that cannot be had on this machine are left out, and it is said why. */
async function startPeers(recipients: readonly string[]): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const start of [startPostfix, startHaraka, startBare, startSink]) {
    try {
      peers.push(await start(recipients))
    } catch (error) {
      console.log(`left out: ${start.name.slice('start'.length)}: ${String(error).slice(0, 200)}`)
    }
  }
  return peers
}

/** A relay for which loopback is a host like any other, and the DNS of the one who sends. */
async function startSignedRelay(
  open: ReturnType<typeof closer>,
  load: Load,
  rounds: number,
): Promise<Special> {
  const dns = open.add(await startDnsServer(), (one) => one.close())
  const { privateKey, records } = makeSenderKey()
  for (const [name, value] of records) dns.set('TXT', name, value)
  const settings = { TRUSTED_NETWORKS: '', DNS_SERVERS: dns.server, HOST_MESSAGES_PER_MINUTE: '1000000000' }
  const relay = open.add(await startRelayPeer(CONNECTIONS, settings, 'mfa-relay, judging'), endRelay)
  const count = (rounds * SIGNED_CELLS.length + 2) * SIGNED_A_STRETCH
  await load.sign({ count, privateKey, recipients: relay.recipients })
  const title = 'Judged by SPF, DKIM (RSA 2,048) and DMARC over a local name server'
  return { title, relay, cells: SIGNED_CELLS }
}

/** @throws Error when there is no C compiler */
async function startSlowRelay(open: ReturnType<typeof closer>): Promise<Special> {
  const folder = open.add(mkdtempSync(join(tmpdir(), 'mfa-relay-bench-slow-')), (one) =>
    rmSync(one, { recursive: true, force: true }),
  )
  const settings = slowFlushes(folder, SLOW_FLUSH_MS)
  const relay = open.add(await startRelayPeer(CONNECTIONS, settings, 'mfa-relay, slow disk'), endRelay)
  return { title: `Each flush takes ${SLOW_FLUSH_MS} ms longer`, relay, cells: [BUSY_CELL] }
}

/** Each round begins with another peer. */
const turned = (peers: readonly Peer[], round: number): Peer[] => {
  const at = round % peers.length
  return [...peers.slice(at), ...peers.slice(0, at)]
}

async function warmUp(stage: Stage, peers: readonly Peer[], specials: readonly Special[]): Promise<void> {
  for (const peer of peers) {
    const ms = peer === peers[0] ? WARM_UP_MS : stage.ms
    await measure({ ...stage, ms }, peer, BUSY_CELL, new Map())
  }
  for (const { relay, cells } of specials) {
    await measure({ ...stage, ms: SPECIAL_WARM_UP_MS }, relay, cells[0]!, new Map())
  }
}

async function measureAll(stage: Stage, peers: Peer[], cell: Cell, samples: Samples): Promise<void> {
  for (const peer of peers) if (peer.hasTls || !cell.isTls) await measure(stage, peer, cell, samples)
}

async function measure(
  { load, ms, accepted: all }: Stage,
  peer: Peer,
  cell: Cell,
  samples: Samples,
): Promise<void> {
  const before = peer.cpuMs()
  const result = await load.send({ port: peer.port, ms, recipients: peer.recipients, ...cell })
  const after = peer.cpuMs()
  const { accepted, putOff } = result
  if (putOff > 0)
    console.log(`${describe(cell)}: ${peer.name} put ${putOff} of ${accepted.length + putOff} off`)
  const kept = await peer.takeCount()
  if (kept !== null && kept !== accepted.length) {
    throw new Error(`${peer.name} accepted ${accepted.length} messages and keeps ${kept}`)
  }
  all.set(peer, [...(all.get(peer) ?? []), ...accepted])
  const key = sampleKey(cell, peer.name)
  const sample: Sample = {
    perSecond: (accepted.length / result.ms) * 1000,
    cpuMs: before === null || after === null ? null : (after - before) / accepted.length,
    loadCpuMs: result.cpuMs / accepted.length,
  }
  samples.set(key, [...(samples.get(key) ?? []), sample])
}

async function verify(stage: Stage, relays: readonly RelayPeer[]): Promise<Record<string, number>> {
  const kept: Record<string, number> = {}
  for (const relay of relays) {
    await relay.kill()
    kept[relay.name] = verifyStore(relay.dataDir, stage.accepted.get(relay) ?? []).codes
    console.log(
      `${relay.name}: killed; all ${kept[relay.name]} accepted messages are in its store, each once`,
    )
  }
  return kept
}
