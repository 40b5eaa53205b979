/** Operations as calls on the wire: which reducer or procedure, with which parameters, and where the answer is found. */
import { NoboilError } from '../../errors/error.ts'
import type { AnyTable } from '../tables.ts'
import { encodeCall, type ReducerShape, reducersOf } from './reducers.ts'

/** A reducer's call. Its answer is the row of the view `my_results` with the same `request`. */
export interface ReducerCall {
  readonly kind: 'reducer'
  /** As in `append_vote`. */
  readonly name: string
  /** @throws NoboilError `VALIDATION_FAILED` naming the path of what the parameters cannot hold. */
  encode(args: unknown, request: string): Record<string, unknown>
}

/** A procedure's call. It answers JSON text. */
export interface ProcedureCall {
  readonly kind: 'procedure'
  /** As in `pub_list_after_vote`. */
  readonly name: string
  encode(args: unknown): { readonly args: string }
}

type Tables = Readonly<Record<string, AnyTable>>

/** How `table.operation`, or `table.group.operation`, is called on tables of this schema. */
export function callOf(tables: Tables, path: string): ReducerCall | ProcedureCall {
  const [name = ''] = path.split('.')
  const table = Object.hasOwn(tables, name) ? tables[name] : undefined
  if (table === undefined) throw new NoboilError('NOT_FOUND', `There is no function '${path}'.`)
  const shape = reducersOf(table).find((each) => each.path === path)
  return shape === undefined ? procedureCall(path) : reducerCall(shape)
}

export const reducerCall = (shape: ReducerShape): ReducerCall => ({
  kind: 'reducer',
  name: shape.name,
  encode: (args, request) => encodeCall(shape, args, request),
})

const procedureCall = (path: string): ProcedureCall => ({
  kind: 'procedure',
  name: procedureName(path),
  encode: (args) => ({ args: JSON.stringify(args ?? {}) }),
})

/** `vote.pub.listAfter` is `pub_list_after_vote`. */
export function procedureName(path: string): string {
  const [table = '', ...operation] = path.split('.')
  const snake = operation.join('_').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return `${snake}_${table}`
}

/** The procedure that answers the database's time, ms since the epoch, as JSON. It reads nothing of its `args`. */
export const readClock = 'read_clock'

/** The answer to a request among the rows of `my_results`; undefined while there is none. */
export function answerTo(
  results: Iterable<{ readonly [column: string]: unknown }>,
  request: string,
): { readonly value: unknown } | undefined {
  for (const row of results) {
    if (row['request'] === request) return { value: JSON.parse(row['value'] as string) as unknown }
  }
  return undefined
}
