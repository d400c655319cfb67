import type { EventFacts, RelayEvent } from '../../domain/event.ts'
import { cleanLine } from '../wording.ts'

const instant = (at: number): string => new Date(at).toISOString()

/** What people call a utility that events are about. */
export type NameOf = (utility: string) => string | undefined

/**
 * The body of an event as Standard Webhooks has it: `type`, `timestamp` (when it happened, on every try the same) and
 * `data`, under the product's published names. See docs/events.md.
 */
export function eventBody({ type, at, facts }: RelayEvent, nameOf: NameOf): string {
  return JSON.stringify({ type, timestamp: instant(at), data: dataOf(facts, nameOf) })
}

function dataOf(facts: EventFacts, nameOf: NameOf): object {
  const { company } = facts
  if (facts.connection) return { company, ...connectionData(facts.connection, nameOf), ...changesData(facts) }
  if (facts.document) return { company, ...documentData(facts.document, nameOf) }
  return { company, webhookId: facts.webhookId }
}

function connectionData(connection: NonNullable<EventFacts['connection']>, nameOf: NameOf): object {
  const { id, externalId, utility, url, version, initialSites, utilityTypes, createdAt, updatedAt } =
    connection
  const { status, statusErrorDetail, statusCause, statusSuggestion } = connection
  return {
    created: instant(createdAt),
    datasource: { name: datasourceName(utility, url, nameOf) },
    externalId,
    id,
    sitesRelations: initialSites.map((name) => ({
      accountIds: [],
      datasourceTypes: utilityTypes,
      site: { id: null, name },
    })),
    status,
    statusCause,
    statusErrorDetail,
    statusSuggestion,
    updated: instant(updatedAt),
    url,
    utility,
    version,
  }
}

const datasourceName = (utility: string, url: string | null, nameOf: NameOf): string =>
  nameOf(utility) ?? (cleanLine(url ?? '', 200) || utility)

const changesData = ({ changes }: EventFacts): object =>
  changes ? { protectedChanges: changes.protectedChanges, old: changes.old } : {}

function documentData(document: NonNullable<EventFacts['document']>, nameOf: NameOf): object {
  const { id, jobId, siteId, connectionId, utility, state, createdAt } = document
  return {
    connectionId,
    created: instant(createdAt),
    datasource: { name: utility === null ? null : (nameOf(utility) ?? utility) },
    id,
    jobId,
    sitesRelations:
      siteId === null ? [] : [{ accountIds: [], datasourceTypes: [], site: { id: siteId, name: null } }],
    status: state,
    updated: instant(createdAt),
    url: `/v2/document/${id}`,
  }
}
