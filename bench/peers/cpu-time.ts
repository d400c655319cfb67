import { readdirSync, readFileSync } from 'node:fs'

/** Of the kernel's clock, Linux. */
const TICK_MS = 10

type Process = { readonly parent: number; readonly ms: number }

/** Processor time of a process and its children, those that have ended included, ms (Linux: proc(5)). */
export function cpuTimeOf(root: number): number | null {
  const all = new Map<number, Process>()
  try {
    for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) read(Number(name), all)
  } catch {
    return null
  }
  const isOurs = (pid: number): boolean => pid === root || (pid > 1 && isOurs(all.get(pid)?.parent ?? 0))
  return [...all].reduce((sum, [pid, { ms }]) => (isOurs(pid) ? sum + ms : sum), 0)
}

function read(pid: number, all: Map<number, Process>): void {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in brackets may hold anything; the fields behind it are numbered from 3.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = [14, 15, 16, 17].reduce((sum, field) => sum + Number(fields[field - 3]), 0)
    all.set(pid, { parent: Number(fields[4 - 3]), ms: ticks * TICK_MS })
  } catch {
    // It has ended meanwhile.
  }
}
