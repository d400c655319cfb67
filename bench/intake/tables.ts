import type { Peer } from '../peers/peer.ts'
import type { RelayPeer } from '../peers/relay.ts'
import { median, printTable } from '../report.ts'
import { type Cell, describe } from './cells.ts'

/** One stretch of load: messages a second, and processor time of a message, ms. */
export type Sample = { readonly perSecond: number; readonly cpuMs: number | null; readonly loadCpuMs: number }
/** By cell and program. */
export type Samples = Map<string, Sample[]>
/** A relay under conditions of its own, which its peers are not measured in. */
export type Special = { readonly title: string; readonly relay: RelayPeer; readonly cells: readonly Cell[] }

export const sampleKey = (cell: Cell, name: string): string => `${describe(cell)} | ${name}`

const whole = (value: number): string => value.toFixed(0)
const spread = (values: readonly number[], digits = 0): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`

const samplesOf = (samples: Samples, cell: Cell, name: string): Sample[] =>
  samples.get(sampleKey(cell, name)) ?? []
const speedsOf = (samples: Samples, cell: Cell, name: string): number[] =>
  samplesOf(samples, cell, name).map(({ perSecond }) => perSecond)
const cpuOf = (samples: Samples, cell: Cell, name: string): string =>
  whole(median(samplesOf(samples, cell, name).map(({ cpuMs }) => (cpuMs ?? Number.NaN) * 1000)))

/** How fast each was, and how the relay compares. */
export function print(cells: readonly Cell[], peers: readonly Peer[], samples: Samples): void {
  const speeds = (cell: Cell, name: string) => speedsOf(samples, cell, name)
  const [relay, ...others] = peers
  console.log('Messages a second: median of the rounds (lowest–highest)\n')
  printTable(
    ['connections × messages', ...peers.map(({ name }) => name)],
    cells.map((cell) => [
      describe(cell),
      ...peers.map(({ name }) => (speeds(cell, name).length === 0 ? '' : spread(speeds(cell, name)))),
    ]),
  )
  console.log('\nThe relay against each, round by round; processor time of a message, µs\n')
  printTable(
    ['connections × messages', ...others.map(({ name }) => `/ ${name}`), 'relay', 'load generator'],
    cells.map((cell) => [
      describe(cell),
      ...others.map(({ name }) => ratio(speeds(cell, relay!.name), speeds(cell, name))),
      cpuOf(samples, cell, relay!.name),
      whole(median(samplesOf(samples, cell, relay!.name).map(({ loadCpuMs }) => loadCpuMs * 1000))),
    ]),
  )
}

/** Beside what the relay does as it is, in the same rounds, where that was measured too. */
export function printSpecials(specials: readonly Special[], plain: Peer, samples: Samples): void {
  for (const { title, relay, cells } of specials) {
    console.log(`\n${title}\n`)
    printTable(
      ['connections × messages', relay.name, `/ ${plain.name}`, 'processor time, µs'],
      cells.map((cell) => {
        const speeds = speedsOf(samples, cell, relay.name)
        const beside = ratio(speeds, speedsOf(samples, { ...cell, isSigned: false }, plain.name))
        return [describe(cell), spread(speeds), beside, cpuOf(samples, cell, relay.name)]
      }),
    )
  }
}

const ratio = (ours: readonly number[], theirs: readonly number[]): string =>
  theirs.length === 0
    ? ''
    : spread(
        ours.map((value, round) => value / (theirs[round] ?? Number.NaN)),
        2,
      )
