import type Database from 'better-sqlite3'

/** A table as SQLite describes it. Names are ours, of our own migrations. */
export type Table = {
  readonly name: string
  readonly columns: readonly string[]
  /** Of the primary key, in its order. */
  readonly key: readonly string[]
  readonly rows: number
}

/** Kept by each database for itself: which steps of the schema it took. */
const OWN = new Set(['migration'])

/** All tables, each behind those that it refers to. */
export function listTables(database: Database.Database): Table[] {
  const names = database
    .prepare<[], string>("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    .pluck()
    .all()
    .filter((name) => !OWN.has(name))
  const referred = new Map(names.map((name) => [name, referencesOf(database, name)]))
  return inOrder(referred).map((name) => describe(database, name))
}

const referencesOf = (database: Database.Database, table: string): string[] =>
  database
    .prepare<[string], string>('select distinct "table" from pragma_foreign_key_list(?)')
    .pluck()
    .all(table)
    .filter((other) => other !== table)

function inOrder(referred: ReadonlyMap<string, readonly string[]>): string[] {
  const ordered = new Set<string>()
  const add = (name: string, path: readonly string[]): void => {
    if (ordered.has(name)) return
    if (path.includes(name)) throw new Error(`tables refer to each other in a circle: ${path.join(' → ')}`)
    for (const other of referred.get(name) ?? []) add(other, [...path, name])
    ordered.add(name)
  }
  for (const name of referred.keys()) add(name, [])
  return [...ordered]
}

function describe(database: Database.Database, name: string): Table {
  const columns = database
    .prepare<[string], { name: string; pk: number }>('select name, pk from pragma_table_info(?)')
    .all(name)
  const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
  if (key.length === 0) throw new Error(`table ${name} has no primary key`)
  return {
    name,
    columns: columns.map((column) => column.name),
    key: key.map((column) => column.name),
    rows: database
      .prepare<[], number>(`select count(*) from ${quoted(name)}`)
      .pluck()
      .get()!,
  }
}

export const quoted = (name: string): string => `"${name}"`

/** Rows in the order of their key, one after the other. */
export function rowsOf(
  database: Database.Database,
  { name, columns, key }: Table,
): IterableIterator<unknown[]> {
  const list = columns.map(quoted).join(', ')
  const statement = database.prepare<[], unknown[]>(
    `select ${list} from ${quoted(name)} order by ${key.map(quoted).join(', ')}`,
  )
  return statement.raw().iterate()
}
