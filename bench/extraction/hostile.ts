import { extract } from '../../src/extract/read.ts'
import { HOSTILE } from '../../test/extract/hostile.ts'
import { htmlMail, mail } from '../../test/extract/support.ts'
import { printTable } from '../report.ts'

const SIZE = 1_000_000
/** What one message may cost at most. */
const LIMIT_MS = 250
/** More of some things than a megabyte holds. */
const LARGER: Readonly<Record<string, () => string>> = {
  'tables nested 200,000 deep': () => '<table><tr><td>'.repeat(200_000),
  '300,000 spans with a style': () => '<span style="color:red;font-size:12px">1</span>'.repeat(300_000),
  '500,000 cells': () => '<td>1</td>'.repeat(500_000),
  '100,000 codes in context': () => 'Enter 482913 to sign in. '.repeat(100_000),
}

/** Processor time in milliseconds, the less of two runs: what else runs on the machine does not count. */
function cost(run: () => void): number {
  const runs = [0, 1].map(() => {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  return Math.min(...runs)
}

/** Reads a megabyte of everything that was made to be slow, as HTML and as text; dearest first. */
export function measureHostile(): Record<string, { html: number; text: number }> {
  const inputs: [string, string][] = [
    ...Object.entries(HOSTILE).map(([name, make]): [string, string] => [name, make(SIZE)]),
    ...Object.entries(LARGER).map(([name, make]): [string, string] => [name, make()]),
  ]
  const rows = inputs.map(([name, input]) => ({
    name,
    html: Math.round(cost(() => extract(htmlMail(input), null))),
    text: Math.round(cost(() => extract(mail(input), null))),
  }))
  rows.sort((a, b) => Math.max(b.html, b.text) - Math.max(a.html, a.text))
  console.log(
    `\nhostile input, ms of processor time for 1 MB; over ${LIMIT_MS} ms: ${rows.filter(({ html, text }) => Math.max(html, text) > LIMIT_MS).length} of ${rows.length}`,
  )
  printTable(
    ['input', 'as HTML', 'as text'],
    rows.map(({ name, html, text }) => [name, html, text]),
  )
  return Object.fromEntries(rows.map(({ name, html, text }) => [name, { html, text }]))
}
