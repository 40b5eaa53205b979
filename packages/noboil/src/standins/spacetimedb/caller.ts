/** Callers of an engine: names and arguments as they come, rows as values. */
import { AlgebraicType, BinaryReader, type Identity } from 'spacetimedb'
import { decodeResult, encodeArguments } from './abi/calls.ts'
import type { Row } from './datastore/table.ts'
import type { Caller, Engine } from './engine.ts'
import { ModuleCallError } from './errors.ts'
import type { UntypedRow } from './module-types.ts'
import type { Relation } from './relation.ts'
import { compileQuery } from './sql/select.ts'

export class EngineCaller {
  readonly engine: Engine
  readonly caller: Caller

  constructor(engine: Engine, caller: Caller) {
    this.engine = engine
    this.caller = caller
  }

  get identity(): Identity {
    return this.caller.identity
  }

  call(name: string, args: object = {}): void {
    const fn = this.engine.callable('reducer', name, this.caller)
    this.engine.reducer(fn, encodeArguments(fn, args), this.caller)
  }

  procedure(name: string, args: object = {}): unknown {
    const fn = this.engine.callable('procedure', name, this.caller)
    return decodeResult(fn, this.engine.procedure(fn, encodeArguments(fn, args), this.caller))
  }

  rows(name: string): UntypedRow[] {
    const relation = this.engine.relation(name, this.identity)
    if (relation === undefined || !relation.isPublic)
      throw new ModuleCallError('refused', `There is no public table or view ${name}.`)
    return decodeRows(relation, relation.rows.values())
  }

  sql(query: string): UntypedRow[] {
    const readable = (name: string): Relation | undefined => {
      const relation = this.engine.relation(name, this.identity)
      return relation?.isPublic === true ? relation : undefined
    }
    const { relation, rows } = compileQuery(query, readable, this.identity)
    return decodeRows(relation, rows().values())
  }
}

export class Connection extends EngineCaller {
  get connectionId(): bigint {
    return this.caller.connectionId
  }

  disconnect(): void {
    this.engine.disconnect(this.connectionId)
  }

  override call(name: string, args: object = {}): void {
    this.#require()
    super.call(name, args)
  }

  override procedure(name: string, args: object = {}): unknown {
    this.#require()
    return super.procedure(name, args)
  }

  #require(): void {
    if (!this.engine.isConnected(this.connectionId))
      throw new ModuleCallError('refused', 'The connection has ended.')
  }
}

export function decodeRows(relation: Relation, rows: Iterable<Row>): UntypedRow[] {
  const read = readerOf(relation)
  return Array.from(rows, ({ bytes }) => read(new BinaryReader(bytes)))
}

type RowReader = (reader: BinaryReader) => UntypedRow

const READERS = new WeakMap<Relation['columns'], RowReader>()

/** One for each table and view: the SDK keeps what it makes. */
function readerOf({ columns, typespace }: Relation): RowReader {
  const known = READERS.get(columns)
  if (known !== undefined) return known
  const elements = columns.map(({ name, type }) => ({ name, algebraicType: type }))
  const type = { tag: 'Product', value: { elements } } as const
  const read = AlgebraicType.makeDeserializer(type, typespace) as RowReader
  READERS.set(columns, read)
  return read
}
