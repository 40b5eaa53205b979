/**
 * What this host needs of SpacetimeDB's `ctx.db`, as far as it uses it. Tables are made at run time, so that their rows are
 * known by name alone.
 */
export type StoredRow = Record<string, unknown>

/** A unique column. Only a primary key's has `update`. */
export interface UniqueColumn {
  find(value: unknown): StoredRow | null
  delete(value: unknown): boolean
  update(row: StoredRow): StoredRow
}

/** A column that many rows may share a value of. */
export interface IndexedColumn {
  filter(value: unknown): Iterable<StoredRow>
}

export interface TableAccess {
  insert(row: StoredRow): StoredRow
  readonly [column: string]: unknown
}

export type Db = Readonly<Record<string, TableAccess>>

export const unique = (db: Db, table: string, column: string): UniqueColumn =>
  (db[table] as TableAccess)[column] as UniqueColumn

export const indexed = (db: Db, table: string, column: string): IndexedColumn =>
  (db[table] as TableAccess)[column] as IndexedColumn

/** All rows of a table: for what happens once, not for calls. */
export const rowsOf = (db: Db, table: string): Iterable<StoredRow> =>
  (db[table] as unknown as { iter(): Iterable<StoredRow> }).iter()

/** Tables that this host keeps beside the app's; no app's table begins with an underscore. */
export const ownTables = {
  /** Nodes of the ordered indexes. */
  nodes: '_nodes',
  /** The root of each ordered index. */
  roots: '_roots',
  /** Values that no two rows may share. */
  unique: '_unique',
  /** Single values: the owner, the secret of cursors. */
  meta: '_meta',
  /** Answers of reducers; each row expires by itself. */
  results: '_results',
  /** Which answers of a caller are kept. */
  answered: '_answered',
  /** What somebody asked to be fetched. */
  requests: '_requests',
  /** What workers are asked to do. */
  errands: '_errands',
  /** Whose errands they are. */
  workers: '_workers',
  /** Wakes the procedure that runs flows. */
  wakes: '_wakes',
  /** How often in a row a flow has failed. */
  failures: '_failures',
  /** Public rows that are still to be brought in step. */
  moves: '_moves',
  /** Rings once a minute. */
  ticks: '_ticks',
} as const

/** Where the rows of a layout are kept, whoever may see them. */
export const rowsTable = (layout: { readonly name: string }): string => `_rows_${layout.name}`
