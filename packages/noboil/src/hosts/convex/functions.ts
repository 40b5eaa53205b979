/**
 * The operations of an app by path, as transactions on Convex call them.
 */
import type { Call } from '../../factories/shared/call.ts'
import {
  type AnyQuery,
  type BuiltTable,
  Listing,
  type Operation,
  type Operations,
} from '../../factories/shared/operation.ts'
import type { Program } from '../../program/program.ts'
import type { Layout } from '../../schema/layout.ts'

export interface Functions {
  readonly functions: ReadonlyMap<string, Operation>
  /** Tables whose rows have ids that an app holds. */
  readonly layouts: ReadonlyMap<string, Layout>
}

export function functionsOf(tables: readonly BuiltTable[], layouts: readonly Layout[]): Functions {
  const functions = new Map<string, Operation>()
  for (const { name, operations } of tables) collect(functions, name, operations)
  const shown = layouts.filter(({ internal }) => internal !== true)
  return { functions, layouts: new Map(shown.map((layout) => [layout.name, layout])) }
}

/** The whole of a query: who is asking, then what there is. */
export function* answerOf(query: AnyQuery, call: Call, args: unknown): Program<unknown> {
  const access = yield* query.access(call, args as never)
  if (!access.allowed) return access.value
  const found = yield* query.read(args as never, access.scope)
  return found instanceof Listing ? found.value() : found
}

export const isOperation = (value: Operation | Operations): value is Operation =>
  typeof (value as Operation).args === 'function' && 'kind' in value

function collect(into: Map<string, Operation>, path: string, operations: Operations): void {
  for (const [name, operation] of Object.entries(operations)) {
    const at = `${path}.${name}`
    if (isOperation(operation)) into.set(at, operation)
    else collect(into, at, operation)
  }
}
