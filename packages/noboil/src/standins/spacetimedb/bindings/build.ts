/** Client bindings at run time, without a file: the SDK's own builders fed from a module's definition. */
import {
  convertToAccessorMap,
  type DbConnectionConfig,
  DbConnectionBuilder,
  DbConnectionImpl,
  makeQueryBuilder,
  procedures as proceduresOf,
  procedureSchema,
  reducers as reducersOf,
  reducerSchema,
  schema,
  t,
  table,
  type TypeBuilder,
} from 'spacetimedb'
import type { ClientModel, FieldModel, FunctionModel, TypeModel } from './model.ts'

/** What the SDK's builders take, whatever the module: their types say more than can be known here. */
type Builder = TypeBuilder<unknown, never>
type Untyped = Readonly<Record<string, never>>

export interface BuiltBindings {
  readonly builder: () => unknown
  readonly tables: unknown
  readonly reducers: unknown
  readonly procedures: unknown
}

/** The SDK's version that its bindings claim to be made for. */
export const SDK_VERSION = '2.10.1'

export function buildBindings(model: ClientModel): BuiltBindings {
  const types = new Types(model)
  const tables = schema(tableSchemas(model, types)).schemaType
  const { reducers } = reducersOf(
    ...model.reducers.map((fn) => ({
      ...reducerSchema(fn.name, types.fields(fn.params) as Untyped),
      accessorName: fn.accessor as never,
    })),
  ).reducersType
  const { procedures } = proceduresOf(
    model.procedures.map((fn) => procedureOf(fn, types)) as never[],
  )
  const remote = {
    versionInfo: { cliVersion: SDK_VERSION },
    tables: tables.tables,
    reducers,
    procedures,
  }
  return {
    builder: () =>
      new DbConnectionBuilder(
        remote as never,
        (config: DbConnectionConfig<never>) => new DbConnectionImpl(config) as never,
      ),
    tables: makeQueryBuilder(tables),
    reducers: convertToAccessorMap(reducers as readonly { accessorName: string }[]),
    procedures: convertToAccessorMap(procedures as readonly { accessorName: string }[]),
  }
}

function procedureOf(fn: FunctionModel, types: Types): unknown {
  const made = procedureSchema(fn.name, types.fields(fn.params) as Untyped, types.of(fn.returns))
  return { ...made, accessorName: fn.accessor }
}

function tableSchemas(model: ClientModel, types: Types): Record<string, never> {
  const made = model.tables.map(({ accessor, name, rowName, columns, indexes, isEvent }) => {
    const row = Object.fromEntries(
      columns.map(({ name: column, type, wireName, constraint }) => {
        // Every builder of a column has these; the type that all of them share has not.
        let builder = types.of(type) as unknown as ColumnSteps
        if (constraint !== undefined) builder = builder[constraint]()
        if (wireName !== undefined) builder = builder.name(wireName)
        return [column, builder]
      }),
    )
    const options = {
      name,
      indexes: indexes.map((index) => ({ ...index, algorithm: 'btree' })),
      ...(isEvent ? { event: true } : {}),
    }
    return [accessor, table(options as never, t.row(rowName, row as Untyped))]
  })
  return Object.fromEntries(made) as Record<string, never>
}

interface ColumnSteps {
  primaryKey(): ColumnSteps
  unique(): ColumnSteps
  name(name: string): ColumnSteps
}

/** Builders of the module's named types, each made once. */
class Types {
  readonly #model: ClientModel
  readonly #made = new Map<string, Builder>()

  constructor(model: ClientModel) {
    this.#model = model
  }

  of(type: TypeModel): Builder {
    switch (type.kind) {
      case 'builtin':
        return t[type.builder]() as unknown as Builder
      case 'array':
        return t.array(this.of(type.of)) as unknown as Builder
      case 'option':
        return t.option(this.of(type.of)) as unknown as Builder
      case 'result':
        return t.result(this.of(type.ok), this.of(type.err)) as unknown as Builder
      case 'named':
        return this.#named(type.name)
    }
  }

  fields(fields: readonly FieldModel[]): Record<string, Builder> {
    return Object.fromEntries(fields.map(({ name, type }) => [name, this.of(type)]))
  }

  #named(name: string): Builder {
    const made = this.#made.get(name)
    if (made !== undefined) return made
    const type = this.#model.types.find((candidate) => candidate.name === name)
    // Read when it is asked for, so that a type may mention itself.
    const elements = {}
    for (const field of type?.fields ?? [])
      Object.defineProperty(elements, field.name, {
        enumerable: true,
        get: () => this.of(field.type),
      })
    const builder = (type?.kind === 'enum'
      ? t.enum(name, elements)
      : t.object(name, elements)) as unknown as Builder
    this.#made.set(name, builder)
    return builder
  }
}
