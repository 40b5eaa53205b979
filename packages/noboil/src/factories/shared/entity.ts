/**
 * Rows with an id of their own that somebody made: what owned and child tables have in common. Who may do what is each
 * table's own, and reaches this file as a {@link Standing}.
 */
import { NoboilError } from '../../errors/error.ts'
import { type Program, program } from '../../program/program.ts'
import type { Condition } from '../../program/request.ts'
import type { HookContext } from '../../schema/context.ts'
import { column, type Index, type Layout, type SearchIndex } from '../../schema/layout.ts'
import type { Fields } from '../../schema/storable.ts'
import type { Row } from '../../schema/values.ts'
import type { Call, Settings } from './call.ts'
import type { Payloads } from './payload.ts'
import { type UserRow, withAuthors } from './users.ts'
import { type Limit, limitOf, type RateLimitConfig } from './window.ts'

export interface EntityRow {
  readonly _id: string
  readonly _creationTime: number
  readonly userId: string
  readonly updatedAt: number
  readonly deletedAt?: number
}

type Hook<event, result> = (ctx: HookContext, event: event) => result | Promise<result>

/** Code of the app around each write. `create` is what a new row is known by beside its payload. */
export interface EntityHooks<payload, row, create = unknown> {
  /** Returns the payload to write; it is validated again. */
  readonly beforeCreate?: Hook<create & { readonly payload: payload }, payload>
  readonly afterCreate?: Hook<{ readonly row: row }, void>
  /** Returns the patch to write; it is validated again. */
  readonly beforeUpdate?: Hook<
    { readonly id: string; readonly patch: Partial<payload>; readonly prev: row },
    Partial<payload>
  >
  readonly afterUpdate?: Hook<
    {
      readonly id: string
      readonly patch: Partial<payload>
      readonly prev: row
      readonly row: row
    },
    void
  >
  readonly beforeRm?: Hook<{ readonly id: string; readonly prev: row }, void>
  readonly afterRm?: Hook<{ readonly id: string }, void>
}

/** What a caller is to one row. */
export interface Standing {
  /** May know of it. */
  readonly sees: boolean
  /** May change, remove and restore it. Never without seeing it. */
  readonly edits: boolean
}

/** Everything the shared operations know of one table. */
export interface Entities {
  readonly name: string
  readonly layout: Layout<EntityRow>
  readonly payloads: Payloads
  readonly settings: Settings
  readonly softDelete: boolean
  readonly rateLimit: Limit | undefined
  readonly hooks: EntityHooks<Row, Row>
  readonly searched: readonly string[]
  /** Where authors are read; absent: reads do not join them. */
  readonly authors: Layout<UserRow> | undefined
  /** What the caller is to the row, whether or not the row is soft-deleted. */
  standing(call: Call, row: EntityRow): Program<Standing>
  /** Who may edit, as the refusal says it. */
  readonly editors: string
  /** Writes whatever else follows from a row's coming, changing and going. */
  kept?(before: EntityRow | null, after: EntityRow | null): Program<void>
}

/** The options that owned and child tables share. */
export interface EntityOptions<payload> {
  /** `rm` marks rows instead of removing them; `restore` brings them back. */
  readonly softDelete?: boolean
  /** Rows made per caller: a number is per minute. */
  readonly rateLimit?: RateLimitConfig
  /** Text fields whose words `search` finds. */
  readonly search?: (keyof payload & string) | readonly (keyof payload & string)[]
  /** Joins `author` into reads. */
  readonly withAuthor?: boolean
}

export const createLimit = (name: string, config: RateLimitConfig | undefined): Limit | undefined =>
  config === undefined ? undefined : limitOf(`${name}.create`, config)

export function entityLayout(
  table: { readonly name: string; readonly fields: Fields },
  extra: Fields,
  indexes: Readonly<Record<string, Index>>,
  search: SearchIndex | undefined,
): Layout<EntityRow> {
  return {
    name: table.name,
    columns: {
      _id: column.id(table.name),
      _creationTime: column.integer,
      userId: column.text,
      updatedAt: column.integer,
      deletedAt: column.optionalInteger,
      ...extra,
      ...table.fields,
    },
    key: ['_id'],
    id: 'stored',
    creationTime: '_creationTime',
    indexes,
    ...(search ? { search } : {}),
  }
}

/** Unique indexes, by the fields that may not repeat; soft-deleted rows keep theirs. */
export function uniqueIndexes(
  prefix: readonly string[],
  unique: readonly (readonly string[])[],
): Record<string, Index> {
  return Object.fromEntries(
    unique.map((columns) => [
      `unique__${columns.join('__')}`,
      { columns: [...prefix, ...columns], unique: true },
    ]),
  )
}

export const isLive = (row: EntityRow): boolean => row.deletedAt === undefined

/** Rows that reads answer, as a condition a host can test. */
export const liveOnly: readonly Condition[] = [{ field: 'deletedAt', is: 'eq', value: undefined }]

/** A stored row as answers and hooks show it. */
export function shown(row: EntityRow): Row {
  const { deletedAt: _, ...rest } = row
  return rest
}

/** How rows are answered by reads. */
export const mapper: (
  entities: Entities,
  rows: readonly EntityRow[],
) => Program<(row: EntityRow) => Row | undefined> = program(function* (entities, rows) {
  if (entities.authors === undefined) return shown
  const joined = yield* withAuthors(entities.authors, rows)
  return (row) => {
    const answered = joined(row)
    return answered && shown(answered)
  }
})

export const noRow = (name: string): NoboilError =>
  new NoboilError('NOT_FOUND', `There is no such ${name}.`)

export const notYours = (entities: Entities): NoboilError =>
  new NoboilError('FORBIDDEN', `Only ${entities.editors} may do this to a ${entities.name}.`)
