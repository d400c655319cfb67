import { parseArgs } from 'node:util'
import { fuzz } from './loop.ts'
import { TARGETS } from './targets.ts'

/* npm run fuzz -- smtp|parser|twilio|reports|api [--seconds N] [--seed S] [--round N] */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now()) },
    round: { type: 'string' },
  },
})
const [name = ''] = positionals
const open = TARGETS[name as keyof typeof TARGETS]
if (!open) {
  console.error(
    `usage: npm run fuzz -- ${Object.keys(TARGETS).join('|')} [--seconds N] [--seed S] [--round N]`,
  )
  process.exit(64)
}
const only = values.round === undefined ? undefined : Number(values.round)
const { rounds, counts, findings } = await fuzz(await open(), {
  seed: values.seed,
  seconds: Number(values.seconds),
  only,
})
console.log(`${name}: ${rounds} rounds, seed ${values.seed}, ${findings.length} findings`)
for (const [outcome, count] of Object.entries(counts).sort(([, a], [, b]) => b - a)) {
  console.log(`  ${String(count).padStart(8)}  ${outcome}`)
}
for (const finding of findings) console.log(`\n${finding}`)
process.exit(findings.length > 0 ? 1 : 0)
