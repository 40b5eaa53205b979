/** What clients know of a module: its public tables, views and functions, in a form to write out or to build from. */
import { type AlgebraicType, toCamelCase } from 'spacetimedb'
import { DefinitionError } from '../../../errors/assert.ts'
import type { ColumnDefinition, ModuleDefinition, TableDefinition } from '../definition.ts'

/**
 * How clients call what the module exports as `append_vote`: `camelCase`, as SpacetimeDB's own tool writes bindings
 * (`appendVote`), or `declared`, by the name of the export as it is.
 */
export type Accessors = 'camelCase' | 'declared'

/** A type as the SDK's builders spell it. */
export type TypeModel =
  | { readonly kind: 'builtin'; readonly builder: Builtin }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'array' | 'option'; readonly of: TypeModel }
  | { readonly kind: 'result'; readonly ok: TypeModel; readonly err: TypeModel }

export type Builtin =
  | (typeof BUILTINS)[keyof typeof BUILTINS]
  | (typeof SPECIALS)[number][1]
  | 'unit'
  | 'byteArray'
  | 'scheduleAt'

export interface FieldModel {
  readonly name: string
  readonly type: TypeModel
}

export interface NamedTypeModel {
  readonly name: string
  readonly kind: 'object' | 'enum'
  readonly fields: readonly FieldModel[]
}

export interface ColumnModel extends FieldModel {
  /** Where the wire knows the column by another name. */
  readonly wireName: string | undefined
  readonly constraint: 'primaryKey' | 'unique' | undefined
}

export interface TableModel {
  readonly accessor: string
  readonly name: string
  readonly rowName: string
  readonly columns: readonly ColumnModel[]
  readonly indexes: readonly { readonly accessor: string; readonly columns: readonly string[] }[]
  readonly isEvent: boolean
}

export interface FunctionModel {
  readonly accessor: string
  readonly name: string
  readonly params: readonly FieldModel[]
  readonly returns: TypeModel
}

export interface ClientModel {
  readonly types: readonly NamedTypeModel[]
  readonly tables: readonly TableModel[]
  readonly reducers: readonly FunctionModel[]
  readonly procedures: readonly FunctionModel[]
}

/** @throws {DefinitionError} for a module with submodules, and where two names come to one accessor. */
export function clientModel(definition: ModuleDefinition, accessors: Accessors): ClientModel {
  if (definition.hasSubmodules)
    throw new DefinitionError(
      'Bindings of a module with submodules are not written: use spacetime generate.',
    )
  const reader = new Reader(definition, accessors)
  const model = reader.read()
  for (const kind of ['tables', 'reducers', 'procedures'] as const) {
    const taken = new Set<string>()
    for (const { accessor } of model[kind]) {
      if (taken.has(accessor))
        throw new DefinitionError(
          `Two ${kind} would be called ${accessor} by clients: rename one of them.`,
        )
      taken.add(accessor)
    }
  }
  return model
}

const BUILTINS = {
  String: 'string',
  Bool: 'bool',
  U8: 'u8',
  I8: 'i8',
  U16: 'u16',
  I16: 'i16',
  U32: 'u32',
  I32: 'i32',
  U64: 'u64',
  I64: 'i64',
  U128: 'u128',
  I128: 'i128',
  U256: 'u256',
  I256: 'i256',
  F32: 'f32',
  F64: 'f64',
} as const

/** Products of one field that stand for a type of the SDK's. */
const SPECIALS = [
  ['__identity__', 'identity'],
  ['__connection_id__', 'connectionId'],
  ['__timestamp_micros_since_unix_epoch__', 'timestamp'],
  ['__time_duration_micros__', 'timeDuration'],
  ['__uuid__', 'uuid'],
] as const

class Reader {
  readonly #definition: ModuleDefinition
  readonly #accessors: Accessors
  readonly #names: ReadonlyMap<number, string>
  /** Types that tables and functions mention, in the order they are met. */
  readonly #met = new Map<number, NamedTypeModel | undefined>()

  constructor(definition: ModuleDefinition, accessors: Accessors) {
    this.#definition = definition
    this.#accessors = accessors
    this.#names = new Map(definition.types.map(({ ref, name }) => [ref, name]))
  }

  read(): ClientModel {
    const { tables, views, functions } = this.#definition
    const callable = functions.filter(
      ({ lifecycle, isScheduled }) => lifecycle === undefined && !isScheduled,
    )
    const called = (kind: 'reducer' | 'procedure'): FunctionModel[] =>
      callable.filter((fn) => fn.kind === kind).map((fn) => this.#function(fn))
    const shown = [
      ...tables.filter(({ isPublic }) => isPublic).map((table) => this.#table(table)),
      ...views.map((view) =>
        this.#table({ ...view, typeRef: view.rowRef, uniques: [], indexes: [], isEvent: false }),
      ),
    ]
    const [reducers, procedures] = [called('reducer'), called('procedure')]
    const types = [...this.#met.values()].filter((type) => type !== undefined)
    return { types, tables: shown, reducers, procedures }
  }

  #function(fn: ModuleDefinition['functions'][number]): FunctionModel {
    return {
      accessor: this.#accessors === 'declared' ? fn.name : toCamelCase(fn.wireName),
      name: fn.wireName,
      params: this.#fields(fn.params.elements),
      returns:
        fn.returns === undefined ? { kind: 'builtin', builder: 'unit' } : this.#type(fn.returns),
    }
  }

  #table(
    table: Pick<
      TableDefinition,
      'name' | 'wireName' | 'typeRef' | 'columns' | 'primaryKey' | 'uniques' | 'indexes' | 'isEvent'
    >,
  ): TableModel {
    const { name, wireName, typeRef, columns, primaryKey, uniques, indexes, isEvent } = table
    const nameOf = (at: number): string => columns[at]?.name ?? ''
    const isUnique = (at: number): boolean =>
      uniques.some((unique) => unique.length === 1 && unique[0] === at)
    return {
      accessor: this.#accessors === 'declared' ? name : toCamelCase(name),
      name: wireName,
      rowName: this.#names.get(typeRef) ?? name,
      columns: columns.map((column, at) =>
        this.#column(
          column,
          primaryKey.includes(at) ? 'primaryKey' : isUnique(at) ? 'unique' : undefined,
        ),
      ),
      // Those of one column come with its constraint, and would be declared twice.
      indexes: indexes
        .filter(({ kind, columns: indexed }) => kind === 'BTree' && indexed.length > 1)
        .map(({ accessor, columns: indexed }) => ({ accessor, columns: indexed.map(nameOf) })),
      isEvent,
    }
  }

  #column(
    { name, wireName, type }: ColumnDefinition,
    constraint: ColumnModel['constraint'],
  ): ColumnModel {
    const other = wireName === name ? undefined : wireName
    return { name, type: this.#type(type), wireName: other, constraint }
  }

  #fields(
    elements: readonly { name: string | undefined; algebraicType: AlgebraicType }[],
  ): FieldModel[] {
    return elements.map(({ name = '', algebraicType }) => ({
      name,
      type: this.#type(algebraicType),
    }))
  }

  #type(type: AlgebraicType): TypeModel {
    switch (type.tag) {
      case 'Ref':
        return this.#named(type.value)
      case 'Array':
        return type.value.tag === 'U8'
          ? { kind: 'builtin', builder: 'byteArray' }
          : { kind: 'array', of: this.#type(type.value) }
      case 'Product':
        return { kind: 'builtin', builder: specialProduct(type) }
      case 'Sum':
        return this.#sum(type)
      default:
        return { kind: 'builtin', builder: BUILTINS[type.tag] }
    }
  }

  #sum({ value: { variants } }: Extract<AlgebraicType, { tag: 'Sum' }>): TypeModel {
    const [first, second] = variants
    const names = variants.map(({ name }) => name).join(',')
    if (names === 'Interval,Time') return { kind: 'builtin', builder: 'scheduleAt' }
    if (names === 'some,none' && first)
      return { kind: 'option', of: this.#type(first.algebraicType) }
    if (names === 'ok,err' && first && second)
      return {
        kind: 'result',
        ok: this.#type(first.algebraicType),
        err: this.#type(second.algebraicType),
      }
    throw new DefinitionError(`A sum of ${names} has no name: use t.enum('Name', …).`)
  }

  #named(ref: number): TypeModel {
    const name = this.#names.get(ref) ?? `Type${ref}`
    if (!this.#met.has(ref)) {
      // Before its fields are read, so that a type that mentions itself is met once.
      this.#met.set(ref, undefined)
      const type = this.#definition.typespace.types[ref]
      if (type?.tag === 'Product')
        this.#met.set(ref, { name, kind: 'object', fields: this.#fields(type.value.elements) })
      if (type?.tag === 'Sum')
        this.#met.set(ref, { name, kind: 'enum', fields: this.#fields(type.value.variants) })
    }
    return { kind: 'named', name }
  }
}

function specialProduct({
  value: { elements },
}: Extract<AlgebraicType, { tag: 'Product' }>): Builtin {
  if (elements.length === 0) return 'unit'
  const special = SPECIALS.find(([name]) => elements.length === 1 && elements[0]?.name === name)
  if (special === undefined)
    throw new DefinitionError("A product has no name: use t.object('Name', …).")
  return special[1]
}
