import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

/** The middle of the values, or any other quantile `q` in 0..1 (nearest rank). */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** What the figures were measured on. */
export function machine(): Record<string, string | number> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
  }
}

/** Prints rows under their headings, numbers to the right. */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  const cells = [headings, ...rows].map((row) => row.map(String))
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  cells.forEach((row, index) => {
    const line = row.map((cell, column) => {
      const width = widths[column] ?? 0
      return index > 0 && /^[\d.,×%-]/.test(cell) ? cell.padStart(width) : cell.padEnd(width)
    })
    console.log(line.join('  ').trimEnd())
    if (index === 0) console.log(widths.map((width) => '─'.repeat(width)).join('  '))
  })
}

/** Writes `bench/results/<name>.json` with the machine beside the figures. */
export function writeResults(name: string, figures: unknown): void {
  const folder = new URL('./results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const file = new URL(`${name}.json`, folder)
  writeFileSync(
    file,
    `${JSON.stringify({ name, at: new Date().toISOString(), machine: machine(), figures }, null, 2)}\n`,
  )
  console.log(`\nwritten to bench/results/${name}.json`)
}
