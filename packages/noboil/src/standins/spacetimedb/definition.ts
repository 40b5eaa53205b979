/**
 * What a module declares, in one shape: the raw definition that `spacetimedb/server` builds, with submodules
 * flattened, names resolved and numbers assigned as SpacetimeDB assigns them when a module is published.
 */
import type { AlgebraicType, ProductType } from 'spacetimedb'
import { DefinitionError } from '../../errors/assert.ts'
import { snakeCase } from './names.ts'

export interface Typespace {
  types: AlgebraicType[]
}

export interface ColumnDefinition {
  readonly name: string
  readonly wireName: string
  readonly type: AlgebraicType
}

export interface IndexDefinition {
  /** The globally unique name the module asks for. */
  readonly name: string
  readonly accessor: string
  readonly kind: 'BTree' | 'Hash' | 'Direct'
  readonly columns: readonly number[]
}

export interface TableDefinition {
  /** The accessor, behind its submodule's namespace and a dot where there is one. */
  readonly name: string
  readonly wireName: string
  readonly typeRef: number
  readonly typespace: Typespace
  readonly columns: readonly ColumnDefinition[]
  readonly primaryKey: readonly number[]
  readonly uniques: readonly (readonly number[])[]
  readonly indexes: readonly IndexDefinition[]
  readonly sequences: readonly { readonly column: number; readonly start: bigint }[]
  readonly isPublic: boolean
  readonly isEvent: boolean
}

export type Lifecycle = 'Init' | 'OnConnect' | 'OnDisconnect'

export interface FunctionDefinition {
  readonly kind: 'reducer' | 'procedure'
  readonly id: number
  readonly name: string
  readonly wireName: string
  readonly params: ProductType
  /** Of a procedure; reducers return nothing. */
  readonly returns: AlgebraicType | undefined
  readonly typespace: Typespace
  readonly lifecycle: Lifecycle | undefined
  /** Run by a schedule: callable by the owner of the database alone. */
  readonly isScheduled: boolean
}

export interface ViewDefinition {
  readonly id: number
  readonly name: string
  readonly wireName: string
  readonly isAnonymous: boolean
  readonly rowRef: number
  readonly typespace: Typespace
  readonly columns: readonly ColumnDefinition[]
  readonly primaryKey: readonly number[]
}

export interface ScheduleDefinition {
  readonly table: string
  readonly column: number
  readonly functionName: string
}

export interface NamedType {
  readonly name: string
  readonly ref: number
}

export interface ModuleDefinition {
  readonly typespace: Typespace
  readonly types: readonly NamedType[]
  readonly tables: readonly TableDefinition[]
  readonly functions: readonly FunctionDefinition[]
  readonly views: readonly ViewDefinition[]
  readonly schedules: readonly ScheduleDefinition[]
  readonly hasSubmodules: boolean
}

export type ResolvedType = Exclude<AlgebraicType, { tag: 'Ref' }>

/** Follows references until a type that is not one. */
export function resolveType(type: AlgebraicType, typespace: Typespace): ResolvedType {
  let resolved = type
  while (resolved.tag === 'Ref') {
    const next = typespace.types[resolved.value]
    if (next === undefined) throw new DefinitionError(`The module has no type ${resolved.value}.`)
    resolved = next
  }
  return resolved
}

/** @throws {DefinitionError} when the definition is not one that `schema()` of `spacetimedb/server` makes. */
export function readDefinition(raw: unknown): ModuleDefinition {
  const root = raw as RawModule
  const found = { tables: [], functions: [], views: [], schedules: [], types: [] } as Found
  const counters = { reducer: 0, procedure: 0, view: 0, anonymousView: 0 }
  addModule(root, '', found, counters)
  return { ...found, typespace: root.typespace, hasSubmodules: root.submodules.length > 0 }
}

interface Tagged<tag extends string = string, value = unknown> {
  readonly tag: tag
  readonly value: value
}

interface RawFunction {
  readonly sourceName: string
  readonly params: ProductType
  readonly returnType: AlgebraicType
}

interface RawView extends RawFunction {
  readonly index: number
  readonly isAnonymous: boolean
}

interface RawTable {
  readonly sourceName: string
  readonly productTypeRef: number
  readonly primaryKey: readonly number[]
  readonly indexes: readonly {
    readonly sourceName: string
    readonly accessorName: string
    readonly algorithm: Tagged<'BTree' | 'Hash' | 'Direct', number | readonly number[]>
  }[]
  readonly constraints: readonly { readonly data: Tagged<'Unique', { columns: number[] }> }[]
  readonly sequences: readonly { readonly column: number; readonly start?: bigint | undefined }[]
  readonly tableAccess: Tagged<'Public' | 'Private'>
  readonly isEvent: boolean
}

interface RawModule {
  readonly typespace: Typespace
  readonly types: readonly {
    readonly sourceName: { readonly scope: readonly string[]; readonly sourceName: string }
    readonly ty: number
  }[]
  readonly tables: readonly RawTable[]
  readonly reducers: readonly RawFunction[]
  readonly procedures: readonly RawFunction[]
  readonly views: readonly RawView[]
  readonly viewPrimaryKeys: readonly { viewSourceName: string; columns: readonly string[] }[]
  readonly schedules: readonly { tableName: string; scheduleAtCol: number; functionName: string }[]
  readonly lifeCycleReducers: readonly {
    readonly lifecycleSpec: Tagged<Lifecycle>
    readonly functionName: string
  }[]
  readonly explicitNames: {
    readonly entries: readonly Tagged<string, { sourceName: string; canonicalName: string }>[]
  }
  readonly caseConversionPolicy: Tagged<'None' | 'SnakeCase'>
  readonly submodules: readonly {
    readonly namespace: string
    readonly module: { readonly sections: readonly Tagged[] }
  }[]
}

interface Found {
  readonly tables: TableDefinition[]
  readonly functions: FunctionDefinition[]
  readonly views: ViewDefinition[]
  readonly schedules: ScheduleDefinition[]
  readonly types: NamedType[]
}

interface Counters {
  reducer: number
  procedure: number
  view: number
  anonymousView: number
}

function addModule(raw: RawModule, prefix: string, found: Found, counters: Counters): void {
  const name = namer(raw)
  for (const table of raw.tables) found.tables.push(tableOf(raw, table, prefix, name))
  for (const kind of ['reducer', 'procedure'] as const) {
    for (const fn of raw[`${kind}s`])
      found.functions.push(functionOf(raw, fn, kind, counters[kind]++, prefix, name))
  }
  for (const view of raw.views) found.views.push(viewOf(raw, view, prefix, name, counters))
  counters.view += raw.views.filter((view) => !view.isAnonymous).length
  counters.anonymousView += raw.views.filter((view) => view.isAnonymous).length
  for (const { tableName, scheduleAtCol, functionName } of raw.schedules) {
    const [table, run] = [prefix + tableName, prefix + functionName]
    found.schedules.push({ table, column: scheduleAtCol, functionName: run })
  }
  if (prefix === '')
    for (const { sourceName, ty } of raw.types)
      found.types.push({ name: [...sourceName.scope, sourceName.sourceName].join(''), ref: ty })
  for (const { namespace, module } of raw.submodules)
    addModule(fromSections(module.sections), `${prefix}${namespace}.`, found, counters)
}

type Namer = (kind: 'Table' | 'Function' | 'Column', source: string) => string

function namer(raw: RawModule): Namer {
  const explicit = new Map(
    raw.explicitNames.entries.map(({ tag, value }) => [
      `${tag} ${value.sourceName}`,
      value.canonicalName,
    ]),
  )
  const convert = raw.caseConversionPolicy.tag === 'None' ? (name: string) => name : snakeCase
  return (kind, source) => explicit.get(`${kind} ${source}`) ?? convert(source)
}

function tableOf(raw: RawModule, table: RawTable, prefix: string, name: Namer): TableDefinition {
  const { sourceName, productTypeRef, primaryKey, indexes, constraints, sequences } = table
  return {
    name: prefix + sourceName,
    wireName: prefix + name('Table', sourceName),
    typeRef: productTypeRef,
    typespace: raw.typespace,
    columns: columnsOf(raw, productTypeRef, name),
    primaryKey,
    uniques: constraints.map(({ data }) => data.value.columns),
    indexes: indexes.map(({ sourceName: source, accessorName, algorithm }) => ({
      name: prefix + source,
      accessor: accessorName,
      kind: algorithm.tag,
      columns: typeof algorithm.value === 'number' ? [algorithm.value] : algorithm.value,
    })),
    sequences: sequences.map(({ column, start }) => ({ column, start: start ?? 1n })),
    isPublic: table.tableAccess.tag === 'Public',
    isEvent: table.isEvent,
  }
}

function functionOf(
  raw: RawModule,
  { sourceName, params, returnType }: RawFunction,
  kind: 'reducer' | 'procedure',
  id: number,
  prefix: string,
  name: Namer,
): FunctionDefinition {
  const lifecycle = raw.lifeCycleReducers.find(({ functionName }) => functionName === sourceName)
  return {
    kind,
    id,
    name: prefix + sourceName,
    wireName: prefix + name('Function', sourceName),
    params,
    returns: kind === 'procedure' ? returnType : undefined,
    typespace: raw.typespace,
    lifecycle: kind === 'reducer' ? lifecycle?.lifecycleSpec.tag : undefined,
    isScheduled: raw.schedules.some(({ functionName }) => functionName === sourceName),
  }
}

function viewOf(
  raw: RawModule,
  view: RawView,
  prefix: string,
  name: Namer,
  counters: Counters,
): ViewDefinition {
  const { sourceName, index, isAnonymous, returnType } = view
  const resolved = resolveType(returnType, raw.typespace)
  const row =
    resolved.tag === 'Sum' ? resolved.value.variants[0]?.algebraicType : elementOf(resolved)
  if (row?.tag !== 'Ref')
    throw new DefinitionError(
      `The view ${sourceName} must return rows: t.array(row) or t.option(row).`,
    )
  const columns = columnsOf(raw, row.value, name)
  const key = raw.viewPrimaryKeys.find(({ viewSourceName }) => viewSourceName === sourceName)
  return {
    id: index + (isAnonymous ? counters.anonymousView : counters.view),
    name: prefix + sourceName,
    wireName: prefix + name('Function', sourceName),
    isAnonymous,
    rowRef: row.value,
    typespace: raw.typespace,
    columns,
    primaryKey: columns.flatMap((column, at) => (key?.columns.includes(column.name) ? [at] : [])),
  }
}

function elementOf(type: AlgebraicType): AlgebraicType | undefined {
  return type.tag === 'Array' ? type.value : undefined
}

function columnsOf(raw: RawModule, ref: number, name: Namer): readonly ColumnDefinition[] {
  const row = resolveType({ tag: 'Ref', value: ref }, raw.typespace)
  if (row.tag !== 'Product') throw new DefinitionError(`Type ${ref} is not a row.`)
  return row.value.elements.map(({ name: column = '', algebraicType }) => ({
    name: column,
    wireName: name('Column', column),
    type: algebraicType,
  }))
}

/** A submodule arrives as a list of sections; the root as an object of the same. */
function fromSections(sections: readonly Tagged[]): RawModule {
  const none = {
    types: [],
    tables: [],
    reducers: [],
    procedures: [],
    views: [],
    viewPrimaryKeys: [],
    schedules: [],
    lifeCycleReducers: [],
    explicitNames: { entries: [] },
    caseConversionPolicy: { tag: 'SnakeCase' },
    submodules: [],
  }
  const named = sections.map(({ tag, value }) => [tag[0]?.toLowerCase() + tag.slice(1), value])
  return { ...none, ...Object.fromEntries(named) } as RawModule
}
