/**
 * npm run bench -- <name> [options]
 *
 * Every bench prints a table, says on which machine and versions, and writes its figures as JSON to bench/results.
 */
const BENCHES: Readonly<Record<string, () => Promise<{ run(args: string[]): Promise<void> }>>> = {
  leases: () => import('./leases.ts'),
  latency: () => import('./latency.ts'),
  intake: () => import('./intake.ts'),
  extraction: () => import('./extraction.ts'),
  waiters: () => import('./waiters.ts'),
  history: () => import('./history.ts'),
  year: () => import('./year.ts'),
  documents: () => import('./documents.ts'),
  cluster: () => import('./cluster.ts'),
  costs: () => import('./costs.ts'),
}

const [name = '', ...args] = process.argv.slice(2)
const bench = BENCHES[name]
if (bench === undefined) {
  console.error(`npm run bench -- ${Object.keys(BENCHES).join('|')}`)
  process.exit(64)
}
await (await bench()).run(args)
