import { parseArgs } from 'node:util'
import { startDnsServer } from '../test/support/dns.ts'
import { CELLS, type Cell, describe, QUICK_CELLS, SIGNED_CELLS } from './intake/cells.ts'
import { verifyStore } from './intake/verify.ts'
import { makeSenderKey } from './load/mail.ts'
import { type Accepted, type Load, startLoad } from './load.ts'
import { startBare } from './peers/bare.ts'
import { startHaraka } from './peers/haraka.ts'
import type { Peer } from './peers/peer.ts'
import { startPostfix } from './peers/postfix.ts'
import { type RelayPeer, startRelayPeer } from './peers/relay.ts'
import { startSink } from './peers/sink.ts'
import { machine, median, printTable, writeResults } from './report.ts'

/*
 * Messages a second, taken durably: the relay (parsed, judged, extracted, sealed, committed with synchronous=FULL, then
 * 250) beside its peers, in alternating rounds on one machine. The load generator is a process of its own and shares the
 * processors with whom it measures. Afterwards the relays are killed and their stores read, code by code.
 */

const CONNECTIONS = 50
/** A relay is a program that runs for weeks: it is measured warm. */
const WARM_UP_MS = 5_000
/** So many signed messages are sent in a stretch at most. */
const SIGNED_A_STRETCH = 900

type Sample = { readonly perSecond: number; readonly cpuMs: number | null; readonly loadCpuMs: number }
type Samples = Map<string, Sample[]>
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
    const signed = values.quick ? null : open.add(await startSignedRelay(load, rounds), endSigned)
    console.log(`${Object.values(machine()).join(', ')}`)
    console.log(`${peers.map(({ name, version }) => `${name} ${version}`).join(' · ')}\n`)
    const samples: Samples = new Map()
    await warmUp(stage, peers)
    for (let round = 0; round < rounds; round += 1) {
      for (const cell of cells) await measureAll(stage, turned(peers, round), cell, samples)
      if (signed) for (const cell of SIGNED_CELLS) await measure(stage, signed.relay, cell, samples)
    }
    print(cells, peers, signed ? SIGNED_CELLS : [], samples)
    const kept = await verify(stage, signed ? [relay, signed.relay] : [relay])
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

async function endSigned(signed: { relay: RelayPeer; dns: { close(): Promise<void> } }): Promise<void> {
  await endRelay(signed.relay)
  await signed.dns.close()
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
async function startSignedRelay(load: Load, rounds: number) {
  const dns = await startDnsServer()
  const { privateKey, records } = makeSenderKey()
  for (const [name, value] of records) dns.set('TXT', name, value)
  const relay = await startRelayPeer(
    CONNECTIONS,
    { TRUSTED_NETWORKS: '', DNS_SERVERS: dns.server, HOST_MESSAGES_PER_MINUTE: '1000000000' },
    'mfa-relay, judging',
  )
  const count = (rounds * SIGNED_CELLS.length + 2) * SIGNED_A_STRETCH
  await load.sign({ count, privateKey, recipients: relay.recipients })
  return { relay, dns }
}

/** Each round begins with another peer. */
const turned = (peers: readonly Peer[], round: number): Peer[] => {
  const at = round % peers.length
  return [...peers.slice(at), ...peers.slice(0, at)]
}

async function warmUp(stage: Stage, peers: readonly Peer[]): Promise<void> {
  const cell = QUICK_CELLS[0]!
  for (const peer of peers) {
    const ms = peer === peers[0] ? WARM_UP_MS : stage.ms
    await measure({ ...stage, ms }, peer, cell, new Map())
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
  const key = `${describe(cell)} | ${peer.name}`
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

const whole = (value: number): string => value.toFixed(0)
const spread = (values: readonly number[], digits = 0): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`

function print(
  cells: readonly Cell[],
  peers: readonly Peer[],
  signedCells: readonly Cell[],
  samples: Samples,
): void {
  const of = (cell: Cell, name: string) => samples.get(`${describe(cell)} | ${name}`) ?? []
  const speeds = (cell: Cell, name: string) => of(cell, name).map(({ perSecond }) => perSecond)
  const [relay, ...others] = peers
  console.log('Messages a second: median of the rounds (lowest–highest)\n')
  printTable(
    ['connections × messages', ...peers.map(({ name }) => name)],
    cells.map((cell) => [
      describe(cell),
      ...peers.map(({ name }) => (of(cell, name).length === 0 ? '' : spread(speeds(cell, name)))),
    ]),
  )
  console.log('\nThe relay against each, round by round; processor time of a message, µs\n')
  printTable(
    ['connections × messages', ...others.map(({ name }) => `/ ${name}`), 'relay', 'load generator'],
    cells.map((cell) => [
      describe(cell),
      ...others.map(({ name }) => ratio(speeds(cell, relay!.name), speeds(cell, name))),
      whole(median(of(cell, relay!.name).map(({ cpuMs }) => (cpuMs ?? Number.NaN) * 1000))),
      whole(median(of(cell, relay!.name).map(({ loadCpuMs }) => loadCpuMs * 1000))),
    ]),
  )
  if (signedCells.length === 0) return
  console.log('\nJudged by SPF, DKIM (RSA 2,048) and DMARC over a local name server\n')
  printTable(
    ['connections × messages', 'mfa-relay, judging', 'processor time, µs'],
    signedCells.map((cell) => [
      describe(cell),
      spread(speeds(cell, 'mfa-relay, judging')),
      whole(median(of(cell, 'mfa-relay, judging').map(({ cpuMs }) => (cpuMs ?? Number.NaN) * 1000))),
    ]),
  )
}

const ratio = (ours: readonly number[], theirs: readonly number[]): string =>
  theirs.length === 0
    ? ''
    : spread(
        ours.map((value, round) => value / (theirs[round] ?? Number.NaN)),
        2,
      )
