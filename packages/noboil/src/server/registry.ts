/**
 * The functions of an app by path: what its tables do, and what it adds of its own.
 */
import { DefinitionError } from '../errors/assert.ts'
import {
  type Access,
  type BuiltTable,
  Listing,
  type Operation,
  type Operations,
  type Scope,
} from '../factories/shared/operation.ts'
import type { Call } from '../factories/shared/call.ts'
import type { LiveQuery } from '../live/ports.ts'
import type { Flow } from '../program/flow.ts'
import type { Program } from '../program/program.ts'
import { canonicalJson } from '../schema/values.ts'
import type { Flows } from './flows.ts'

interface Named {
  readonly path: string
  /** Only the server itself may call it: for anybody else it is not there. */
  readonly internal: boolean
  /** Throws `VALIDATION_FAILED` naming the path. */
  args(input: unknown): unknown
}

export interface QueryEntry extends Named, LiveQuery {
  readonly kind: 'query'
  readonly path: string
  args(input: unknown): unknown
}

export interface MutationEntry extends Named {
  readonly kind: 'mutation'
  run(call: Call, args: unknown): Program<unknown>
}

export interface ActionEntry extends Named {
  readonly kind: 'action'
  run(call: Call, args: unknown, signal: AbortSignal): Promise<unknown>
}

export type Entry = QueryEntry | MutationEntry | ActionEntry

export class Registry {
  readonly #entries = new Map<string, Entry>()
  readonly #flows: Pick<Flows, 'run' | 'share'>

  constructor(
    tables: readonly BuiltTable[],
    custom: readonly Entry[],
    flows: Pick<Flows, 'run' | 'share'>,
  ) {
    this.#flows = flows
    for (const table of tables) this.#addGroup(table.name, table.operations)
    for (const entry of custom) this.add(entry)
  }

  /** Every function, internal ones as well. */
  get paths(): readonly string[] {
    return [...this.#entries.keys()]
  }

  add(entry: Entry): void {
    if (this.#entries.has(entry.path)) {
      throw new DefinitionError(
        `There are two functions called '${entry.path}': name the app's own one otherwise.`,
      )
    }
    this.#entries.set(entry.path, entry)
  }

  /** As the server itself finds it. */
  find(path: string): Entry | undefined {
    return this.#entries.get(path)
  }

  /** As clients find it: internal functions are not there. */
  findPublic(path: string): Entry | undefined {
    const entry = this.#entries.get(path)
    return entry?.internal === true ? undefined : entry
  }

  #addGroup(path: string, operations: Operations): void {
    for (const [name, operation] of Object.entries(operations)) {
      const at = `${path}.${name}`
      if (isOperation(operation)) this.add(entryOf(at, operation, this.#flows))
      else this.#addGroup(at, operation)
    }
  }
}

/** The whole of a query: who is asking, then what there is. */
export function* answer(query: QueryEntry, call: Call, args: unknown): Program<unknown> {
  const access = yield* query.access(call, args)
  if (!access.allowed) return access.value
  const found = yield* query.read(args, access.scope, call)
  return found instanceof Listing ? found.value() : found
}

/** An operation of a factory under its path. */
function entryOf(path: string, operation: Operation, flows: Pick<Flows, 'run' | 'share'>): Entry {
  const internal = operation.internal === true
  const { args } = operation
  if (operation.kind === 'action') {
    return {
      kind: 'action',
      path,
      internal,
      args,
      run: (call, given) => {
        const start = (): Flow<unknown> => operation.flow(call, given as never)
        if (operation.shared !== true) return flows.run(start())
        return flows.share(`${path} ${canonicalJson(given)}`, start)
      },
    }
  }
  if (operation.kind === 'mutation') {
    return {
      kind: 'mutation',
      path,
      internal,
      args,
      run: (call, given) => operation.run(call, given as never),
    }
  }
  return {
    kind: 'query',
    path,
    internal,
    custom: false,
    args,
    access: (call: Call, given: unknown): Program<Access<unknown>> =>
      operation.access(call, given as never),
    read: (given: unknown, scope: Scope): Program<unknown> => operation.read(given as never, scope),
  }
}

const isOperation = (value: Operation | Operations | object): value is Operation =>
  typeof (value as Operation).args === 'function' && 'kind' in value
