/** Client bindings as the text of one TypeScript file, with the exports that SpacetimeDB's own tool writes. */
import { SDK_VERSION } from './build.ts'
import type {
  ClientModel,
  ColumnModel,
  FieldModel,
  FunctionModel,
  NamedTypeModel,
  TableModel,
  TypeModel,
} from './model.ts'

export interface EmitOptions {
  /** Where the file imports the SDK from; `spacetimedb`. */
  readonly from?: string
}

export function emitBindings(
  model: ClientModel,
  { from = 'spacetimedb' }: EmitOptions = {},
): string {
  const rows = new Map(model.tables.map((table) => [table.rowName, table]))
  const types = model.types.filter(({ name }) => !rows.has(name))
  return [
    '/* Written from the definition of a SpacetimeDB module. Changes here are lost: change the module. */',
    imports(from),
    ...types.map(namedType),
    ...[...rows.values()].map(rowType),
    declaration('tablesSchema', 'schema', '{', model.tables.map(tableEntry), '}'),
    declaration('reducersSchema', 'reducers_', '', model.reducers.map(reducerEntry), ''),
    declaration('proceduresSchema', 'procedures_', '', model.procedures.map(procedureEntry), ''),
    FOOT,
  ].join('\n\n')
}

function imports(from: string): string {
  return `import {
  convertToAccessorMap,
  DbConnectionBuilder as Builder,
  type DbConnectionConfig,
  DbConnectionImpl,
  type ErrorContextInterface,
  type EventContextInterface,
  type Infer,
  makeQueryBuilder,
  procedures as procedures_,
  procedureSchema,
  type ReducerEventContextInterface,
  reducers as reducers_,
  reducerSchema,
  schema,
  type SubscriptionEventContextInterface,
  SubscriptionBuilderImpl,
  t,
  table,
} from '${from}'`
}

const FOOT = `type Declared = typeof tablesSchema.schemaType.tables
/* Without the optional names of constraints, which exactOptionalPropertyTypes does not take. */
type Tables = {
  readonly [name in keyof Declared]: Omit<Declared[name], 'constraints'> & {
    readonly constraints: readonly []
  }
}
const remoteTables = tablesSchema.schemaType.tables as unknown as Tables
const REMOTE_MODULE = {
  versionInfo: { cliVersion: '${SDK_VERSION}' as const },
  tables: remoteTables,
  reducers: reducersSchema.reducersType.reducers,
  ...proceduresSchema,
}
type Remote = typeof REMOTE_MODULE

export const tables = makeQueryBuilder({ tables: remoteTables })
export const reducers = convertToAccessorMap(reducersSchema.reducersType.reducers)
export const procedures = convertToAccessorMap(proceduresSchema.procedures)

export type EventContext = EventContextInterface<Remote>
export type ReducerEventContext = ReducerEventContextInterface<Remote>
export type SubscriptionEventContext = SubscriptionEventContextInterface<Remote>
export type ErrorContext = ErrorContextInterface<Remote>
export class SubscriptionBuilder extends SubscriptionBuilderImpl<Remote> {}
export class DbConnectionBuilder extends Builder<DbConnection> {}

export class DbConnection extends DbConnectionImpl<Remote> {
  static builder = (): DbConnectionBuilder =>
    new DbConnectionBuilder(
      REMOTE_MODULE,
      (config: DbConnectionConfig<Remote>) => new DbConnection(config),
    )
  override subscriptionBuilder = (): SubscriptionBuilder => new SubscriptionBuilder(this)
}
`

function namedType({ name, kind, fields }: NamedTypeModel): string {
  return exported(name, `t.${kind}('${name}', {\n${fields.map(field).join('')}})`)
}

function rowType({ rowName, columns }: TableModel): string {
  return exported(rowName, `t.row('${rowName}', {\n${columns.map(column).join('')}})`)
}

function exported(name: string, text: string): string {
  return `export const ${name} = ${text}\nexport type ${name} = Infer<typeof ${name}>`
}

function column({ name, type, wireName, constraint }: ColumnModel): string {
  const steps = [
    constraint === undefined ? '' : `.${constraint}()`,
    wireName === undefined ? '' : `.name('${wireName}')`,
  ]
  return `  ${property(name)}: ${typeText(type)}${steps.join('')},\n`
}

/** Named types are read when they are asked for: they may stand further down, or mention themselves. */
function field({ name, type }: FieldModel): string {
  return type.kind === 'builtin'
    ? `  ${property(name)}: ${typeText(type)},\n`
    : `  get ${property(name)}() {\n    return ${typeText(type)}\n  },\n`
}

function tableEntry({ accessor, name, rowName, indexes, isEvent }: TableModel): string {
  const listed = indexes.map(
    (index) =>
      `{ accessor: '${index.accessor}', algorithm: 'btree', columns: [${index.columns.map((one) => `'${one}'`).join(', ')}] }`,
  )
  const event = isEvent ? ', event: true' : ''
  return `  ${property(accessor)}: table({ name: '${name}', indexes: [${listed.join(', ')}]${event} }, ${rowName}),\n`
}

function reducerEntry({ accessor, name, params }: FunctionModel): string {
  return `  { ...reducerSchema('${name}', ${paramsText(params)}), accessorName: '${accessor}' as const },\n`
}

function procedureEntry({ accessor, name, params, returns }: FunctionModel): string {
  return `  { ...procedureSchema('${name}', ${paramsText(params)}, ${typeText(returns)}), accessorName: '${accessor}' as const },\n`
}

function paramsText(params: readonly FieldModel[]): string {
  const listed = params.map(({ name, type }) => `${property(name)}: ${typeText(type)}`)
  return listed.length === 0 ? '{}' : `{ ${listed.join(', ')} }`
}

function declaration(
  name: string,
  make: string,
  open: string,
  entries: readonly string[],
  close: string,
): string {
  return `const ${name} = ${make}(${open}\n${entries.join('')}${close})`
}

function typeText(type: TypeModel): string {
  switch (type.kind) {
    case 'builtin':
      return `t.${type.builder}()`
    case 'named':
      return type.name
    case 'array':
    case 'option':
      return `t.${type.kind}(${typeText(type.of)})`
    case 'result':
      return `t.result(${typeText(type.ok)}, ${typeText(type.err)})`
  }
}

function property(name: string): string {
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : JSON.stringify(name)
}
