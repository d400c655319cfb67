import type { Connection } from './connection.ts'
import type { ChangedField, ConnectionChanges } from './event.ts'

/** What companies are told of, in this order. Instants and the version are no news by themselves. */
const TOLD = [
  'status',
  'statusErrorDetail',
  'statusCause',
  'statusSuggestion',
  'url',
  'country',
  'externalId',
  'connectionOwnerEmail',
  'initialSites',
  'utilityTypes',
  'dataCollectionStartDate',
  'mfaMethod',
  'inboxAddresses',
] as const satisfies readonly (keyof Connection)[]

/**
 * What changed between two states of a connection; null: nothing that anybody needs to hear of.
 *
 * @param secrets that were given anew, by name; their values are nobody's business
 */
export function changesOf(
  before: Connection,
  after: Connection,
  secrets: readonly ChangedField[] = [],
): ConnectionChanges | null {
  const fields = TOLD.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
  const credentials: ChangedField[] = before.username === after.username ? [] : ['username']
  const protectedChanges = [...fields, ...credentials, ...secrets]
  if (protectedChanges.length === 0) return null
  return { protectedChanges, old: Object.fromEntries(fields.map((field) => [field, before[field]])) }
}
