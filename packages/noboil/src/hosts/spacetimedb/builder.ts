/**
 * A module that is made table by table: the level below `noboil({ tables })`, for modules whose tables are not declared in one
 * schema.
 */
import * as z from 'zod/v4'
import { DefinitionError } from '../../errors/assert.ts'
import type { BaseData, BaseOptions, BaseRow } from '../../factories/base/types.ts'
import type { ChildOptions, ChildRow } from '../../factories/child/types.ts'
import type { KvOptions, KvRow } from '../../factories/kv/types.ts'
import type { LogOptions, LogRow } from '../../factories/log/types.ts'
import type { OwnedOptions, OwnedRow } from '../../factories/owned/types.ts'
import type { QuotaOptions } from '../../factories/quota/types.ts'
import type { SingletonOptions, SingletonRow } from '../../factories/singleton/types.ts'
import type { Wired } from '../../factories/wiring.ts'
import * as declare from '../../schema/define.ts'
import { reducersOf } from '../../schema/spacetimedb/reducers.ts'
import { hasOwnRows, hasPublicRows, ownView } from '../../schema/spacetimedb/rows.ts'
import type { AnyObject } from '../../schema/storable.ts'
import type {
  AnyTable,
  BaseTable,
  ChildTable,
  KvTable,
  LogTable,
  OwnedTable,
  Payload,
  SingletonTable,
  WriteRole,
} from '../../schema/tables.ts'
import type { SpacetimeConfig } from './app.ts'
import { noboil, type SpacetimeModule } from './noboil.ts'
import { sdk } from './sdk.ts'

/** What holds for the whole module. */
export type ModuleSettings = Omit<SpacetimeConfig<Readonly<Record<string, Wired>>>, 'tables'>

/** Takes tables one after another, and becomes the module. */
export class ModuleBuilder {
  readonly #settings: ModuleSettings
  readonly #wired = new Map<string, Wired>()
  #isBuilt = false

  constructor(settings: ModuleSettings) {
    this.#settings = settings
  }

  /** Adds a table of a schema, as `table(s.vote, options)` does in `noboil({ tables })`. */
  add(wired: Wired): void {
    const { name } = wired.table
    if (this.#isBuilt) {
      throw new DefinitionError(`Table '${name}' comes too late: the module has been built.`)
    }
    if (this.#wired.has(name)) throw new DefinitionError(`There are two tables called '${name}'.`)
    this.#wired.set(name, wired)
  }

  /**
   * The module, to be exported as its default.
   *
   * @throws DefinitionError naming what does not fit together: a parent that was not made, names that collide.
   */
  build(): SpacetimeModule {
    this.#isBuilt = true
    return noboil({ ...this.#settings, tables: () => Object.fromEntries(this.#wired) })
  }
}

/**
 * Begins a module.
 *
 * ```ts
 * const spacetimedb = buildModule()
 * makeOwned(spacetimedb, { tableName: 'poll', fields: { title: string() } })
 * const { reducers } = makeLog(spacetimedb, { tableName: 'vote', parentTable: 'poll', fields: { optionIdx: number() } })
 * reducers.append_vote // { path: 'vote.append', parameters: ['parent', …] }
 * export default spacetimedb.build()
 * ```
 */
export const buildModule = (settings: ModuleSettings = {}): ModuleBuilder =>
  new ModuleBuilder(settings)

/** A table of the module as its clients find it. */
export interface MadeTable {
  /** The public table of the rows that everybody may see, where there are such. */
  readonly public: string | undefined
  /** The view of the rows that only the caller, or few, may see. */
  readonly own: string | undefined
}

/** A reducer of the module. */
export interface MadeReducer {
  /** The operation that it runs, as in `vote.append`. */
  readonly path: string
  readonly parameters: readonly string[]
}

/** What a table has added to the module, by the names on the wire. Nothing of it needs to be exported. */
export interface Made<name extends string, reducer extends string> {
  readonly tables: { readonly [table in name]: MadeTable }
  readonly reducers: { readonly [each in reducer]: MadeReducer }
}

/** A Zod object, or its fields. */
export type FieldsOption = AnyObject | z.core.$ZodShape

type SchemaOf<fields> = fields extends AnyObject
  ? fields
  : fields extends z.core.$ZodShape
    ? z.ZodObject<fields>
    : never

interface TableOptions<name extends string, fields> {
  readonly tableName: name
  readonly fields: fields
  /** `table` of `spacetimedb/server`, to be told when the app has another copy of that package than noboil. */
  readonly table?: unknown
}

interface ParentedOptions<name extends string, fields> extends TableOptions<name, fields> {
  /** The owned table whose rows these belong to; made before or after. */
  readonly parentTable: string
}

interface RoleOption {
  /** Who may write. `true`: everybody. Absent: the server itself alone. */
  readonly writeRole?: WriteRole
}

type EntityReducer<name extends string> =
  | `${'create' | 'update' | 'rm' | 'restore'}_${name}`
  | `bulk_${'create' | 'update' | 'rm'}_${name}`

type LogReducer<name extends string> =
  | `${'append' | 'update' | 'rm'}_${name}`
  | `bulk_${'append' | 'rm'}_${name}`
  | `${'purge' | 'restore'}_${name}_by_parent`

export function makeLog<const name extends string, const fields extends FieldsOption>(
  spacetimedb: ModuleBuilder,
  options: ParentedOptions<name, fields> &
    LogOptions<Payload<LogTable<name, SchemaOf<fields>>>, LogRow<LogTable<name, SchemaOf<fields>>>>,
): Made<name, LogReducer<name>> {
  const { tableName, parentTable, fields, table, ...rest } = options
  const config = { parent: parentTable, schema: objectOf(fields) }
  return added(spacetimedb, declare.makeLog({ [tableName]: config }), rest, table)
}

export function makeOwned<const name extends string, const fields extends FieldsOption>(
  spacetimedb: ModuleBuilder,
  options: TableOptions<name, fields> &
    OwnedOptions<
      Payload<OwnedTable<name, SchemaOf<fields>>>,
      OwnedRow<OwnedTable<name, SchemaOf<fields>>>
    >,
): Made<name, EntityReducer<name>> {
  const { tableName, fields, table, ...rest } = options
  return added(spacetimedb, declare.makeOwned({ [tableName]: objectOf(fields) }), rest, table)
}

export function makeChild<const name extends string, const fields extends FieldsOption>(
  spacetimedb: ModuleBuilder,
  options: ParentedOptions<name, fields> &
    ChildOptions<
      Payload<ChildTable<name, SchemaOf<fields>>>,
      ChildRow<ChildTable<name, SchemaOf<fields>>>
    >,
): Made<name, EntityReducer<name>> {
  const { tableName, parentTable, fields, table, ...rest } = options
  const config = { parent: parentTable, schema: objectOf(fields) }
  return added(spacetimedb, declare.makeChild({ [tableName]: config }), rest, table)
}

export function makeSingleton<const name extends string, const fields extends FieldsOption>(
  spacetimedb: ModuleBuilder,
  options: TableOptions<name, fields> &
    SingletonOptions<
      Payload<SingletonTable<name, SchemaOf<fields>>>,
      SingletonRow<SingletonTable<name, SchemaOf<fields>>>
    >,
): Made<name, `upsert_${name}`> {
  const { tableName, fields, table, ...rest } = options
  return added(spacetimedb, declare.makeSingleton({ [tableName]: objectOf(fields) }), rest, table)
}

export function makeKv<const name extends string, const fields extends FieldsOption>(
  spacetimedb: ModuleBuilder,
  options: TableOptions<name, fields> &
    RoleOption & {
      /** The keys there are. Absent: any. */
      readonly keys?: readonly string[]
    } & KvOptions<Payload<KvTable<name, SchemaOf<fields>>>, KvRow<KvTable<name, SchemaOf<fields>>>>,
): Made<name, `${'set' | 'rm' | 'restore'}_${name}`> {
  const { tableName, fields, table, keys, writeRole, ...rest } = options
  const config = {
    schema: objectOf(fields),
    ...(keys && { keys }),
    ...(writeRole && { writeRole }),
  }
  return added(spacetimedb, declare.makeKv({ [tableName]: config }), rest, table)
}

/** A base table: rows of somebody's API. A plain `fetcher` runs in a procedure, an `async` one in a worker. */
export function makeCacheCrud<const name extends string, const fields extends FieldsOption>(
  spacetimedb: ModuleBuilder,
  options: TableOptions<name, fields> &
    RoleOption & {
      /** The field that says which row it is: a `string()` or `number()`. */
      readonly keyField: keyof z.output<SchemaOf<fields>> & string
    } & Omit<
      BaseOptions<
        BaseData<BaseTable<name, SchemaOf<fields>>>,
        BaseRow<BaseTable<name, SchemaOf<fields>>>
      >,
      'key'
    >,
): Made<name, `${'load' | 'refresh' | 'invalidate' | 'purge'}_${name}`> {
  const { tableName, keyField, fields, table, writeRole, ...rest } = options
  const config = { schema: objectOf(fields), ...(writeRole && { writeRole }) }
  const wiring = { ...rest, key: keyField }
  return added(spacetimedb, declare.makeBase({ [tableName]: config }), wiring, table)
}

export function makeQuota<const name extends string>(
  spacetimedb: ModuleBuilder,
  options: Omit<TableOptions<name, never>, 'fields'> & declare.QuotaConfig & QuotaOptions,
): Made<name, `${'consume' | 'record'}_${name}`> {
  const { tableName, table, limit, durationMs, ...rest } = options
  const config = { limit, durationMs }
  return added(spacetimedb, declare.makeQuota({ [tableName]: config }), rest, table)
}

const objectOf = (fields: FieldsOption): AnyObject => (isObject(fields) ? fields : z.object(fields))

const isObject = (fields: FieldsOption): fields is AnyObject => '_zod' in fields

/** Adds the one table of a slot. */
function added<made>(
  spacetimedb: ModuleBuilder,
  slot: object,
  options: object,
  tableOfApp: unknown,
): made {
  const [declared] = Object.values(slot) as [AnyTable]
  const { name } = declared
  if (tableOfApp !== undefined && tableOfApp !== sdk.table) {
    throw new DefinitionError(
      `Table '${name}': its \`table\` is not the one of the 'spacetimedb/server' that noboil imports; install spacetimedb once.`,
    )
  }
  spacetimedb.add({ table: declared, options })
  const reducers = reducersOf(declared).map((shape) => {
    const parameters = Object.keys({ ...shape.args, ...shape.spread?.fields })
    return [shape.name, { path: shape.path, parameters }] as const
  })
  const table: MadeTable = {
    public: hasPublicRows(declared) ? name : undefined,
    own: hasOwnRows(declared) ? ownView(name) : undefined,
  }
  return { tables: { [name]: table }, reducers: Object.fromEntries(reducers) } as made
}
