import type { BillTemplate } from '../../../utilities/bills.ts'
import type { BillIssuer } from '../bill-issuer.ts'
import { fold } from './fold.ts'
import type { Line } from './layout.ts'

/** Aliases shorter than this are in too many words to tell a bill by. */
const SHORTEST_NAME = 5

/** Whose bill it is and which template fits; null where the bill names no utility, or several. */
export function findIssuer(
  lines: readonly Line[],
  issuers: readonly BillIssuer[],
): { issuer: BillIssuer | null; template: BillTemplate | null } {
  const text = lines.map(({ cells }) => cells.map(({ folded }) => folded).join(' ')).join('\n')
  for (const issuer of issuers) {
    const template = issuer.bills.find(({ when }) => when.every((phrase) => text.includes(fold(phrase))))
    if (template) return { issuer, template }
  }
  const named = issuers.filter((issuer) => names(issuer).some((name) => contains(text, name)))
  return { issuer: named.length === 1 ? (named[0] ?? null) : null, template: null }
}

const names = ({ names: own, web }: BillIssuer): string[] =>
  [...own.filter((name) => name.length >= SHORTEST_NAME), ...web].map(fold)

/** As whole words. */
function contains(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1))
    if (!/[a-z0-9]/.test(text[at - 1] ?? ' ') && !/[a-z0-9]/.test(text[at + name.length] ?? ' ')) return true
  return false
}
