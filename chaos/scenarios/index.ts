import type { Scenario } from '../scenario.ts'
import { fullDisk, readOnlyDisk } from './broken-disk.ts'
import { clock } from './clock.ts'
import { killSweep } from './kill-sweep.ts'
import { kills } from './kills.ts'
import { nextHop } from './next-hop.ts'
import { slowDisk } from './slow-disk.ts'

/** Everything that is made to go wrong, in the order of the report. */
export const SCENARIOS: readonly Scenario[] = [
  kills,
  killSweep,
  fullDisk,
  readOnlyDisk,
  slowDisk,
  clock,
  nextHop,
]
