/** The operations of a module by path. */
import type { Call } from '../../factories/shared/call.ts'
import {
  type AnyQuery,
  type BuiltTable,
  Listing,
  type Operation,
  type Operations,
} from '../../factories/shared/operation.ts'
import type { Program } from '../../program/program.ts'

/** Who has not signed in. What they are answered is public. */
export const nobody: Call = { user: null, internal: false, caller: 'nobody' }

/** `table.operation`, or `table.group.operation`. */
export type Functions = ReadonlyMap<string, Operation>

export function functionsOf(tables: readonly BuiltTable[]): Functions {
  const found = new Map<string, Operation>()
  const add = (path: string, operations: Operations): void => {
    for (const [name, operation] of Object.entries(operations)) {
      if (isOperation(operation)) found.set(`${path}.${name}`, operation)
      else add(`${path}.${name}`, operation)
    }
  }
  for (const { name, operations } of tables) add(name, operations)
  return found
}

/** The whole of a query: who is asking, then what there is. */
export function* answerOf(query: AnyQuery, call: Call, args: unknown): Program<unknown> {
  const access = yield* query.access(call, args as never)
  if (!access.allowed) return access.value
  const found = yield* query.read(args as never, access.scope)
  return found instanceof Listing ? found.value() : found
}

const isOperation = (value: Operation | Operations | object): value is Operation =>
  typeof (value as Operation).args === 'function' && 'kind' in value
