/**
 * What a query has looked at, exactly enough to know which writes may change its answer: rows by id, and stretches of indexes
 * with the rows that were found in them.
 */
import { compareValues, jsonToConvex, type JSONValue, type Value } from 'convex/values'

/** One bound of a stretch, as Convex's query builder sends it. */
interface Bound {
  readonly type: 'Eq' | 'Gt' | 'Gte' | 'Lt' | 'Lte'
  readonly fieldPath: string
  readonly value: JSONValue | { readonly $undefined: unknown }
}

/** A query as it goes to the database. */
export interface QueryJson {
  readonly source:
    | { readonly type: 'FullTableScan'; readonly tableName: string }
    | { readonly type: 'IndexRange'; readonly indexName: string; readonly range: readonly Bound[] }
    | { readonly type: 'Search'; readonly indexName: string }
  readonly operators: readonly object[]
}

/** One write as a transaction made it. `fields`: what it stores, whole for an insert or a replace, else what it changes. */
export interface Write {
  readonly table: string
  readonly id: string
  readonly kind: 'insert' | 'patch' | 'replace' | 'remove'
  readonly fields: Readonly<Record<string, JSONValue>>
}

interface Stretch {
  readonly table: string
  readonly range: readonly Bound[]
  /** Rows that are not in the answer may come into it by any change of them. */
  readonly filtered: boolean
}

export class ReadSet {
  readonly #ids = new Set<string>()
  readonly #stretches: Stretch[] = []

  row(id: string): void {
    this.#ids.add(id)
  }

  table(table: string): void {
    this.#stretches.push({ table, range: [], filtered: true })
  }

  query({ source, operators }: QueryJson): void {
    if (source.type === 'FullTableScan') this.table(source.tableName)
    else if (source.type === 'Search') this.table(tablePart(source.indexName))
    else {
      this.#stretches.push({
        table: tablePart(source.indexName),
        range: source.range,
        filtered: operators.some((operator) => 'filter' in operator),
      })
    }
  }

  /** Whether a write may change what was read. Too often true does no harm. */
  touchedBy(write: Write): boolean {
    if (write.kind !== 'insert' && this.#ids.has(write.id)) return true
    return this.#stretches.some(
      (stretch) => stretch.table === write.table && entersOrLeaves(stretch, write),
    )
  }
}

function entersOrLeaves({ range, filtered }: Stretch, { kind, fields }: Write): boolean {
  // Rows that were found are known by their ids; one that was passed over may count now.
  if (filtered) return kind === 'insert' || kind === 'replace' ? isWithin(range, fields) : true
  if (kind === 'remove') return false
  if (kind === 'patch') return range.some(({ fieldPath }) => rootOf(fieldPath) in fields)
  return isWithin(range, fields)
}

function isWithin(range: readonly Bound[], fields: Readonly<Record<string, JSONValue>>): boolean {
  return range.every(({ type, fieldPath, value }) => {
    // Times of creation are not known here.
    if (fieldPath === '_creationTime' || fieldPath === '_id') return true
    const order = compareValues(at(fields, fieldPath), bound(value))
    if (type === 'Eq') return order === 0
    if (type === 'Gt') return order > 0
    if (type === 'Gte') return order >= 0
    return type === 'Lt' ? order < 0 : order <= 0
  })
}

function at(fields: Readonly<Record<string, JSONValue>>, path: string): Value | undefined {
  let value: JSONValue | undefined = fields
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    value = (value as Record<string, JSONValue>)[name]
  }
  return value === undefined ? undefined : jsonToConvex(value)
}

const bound = (value: Bound['value']): Value | undefined =>
  typeof value === 'object' && value !== null && '$undefined' in value
    ? undefined
    : jsonToConvex(value)

const tablePart = (indexName: string): string => indexName.slice(0, indexName.indexOf('.'))
const rootOf = (fieldPath: string): string => fieldPath.split('.')[0] as string
