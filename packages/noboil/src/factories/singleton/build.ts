/**
 * The singleton factory: one row per signed-in user.
 */
import { get as getOp, type Program, program, remove } from '../../program/program.ts'
import type { SingletonTable } from '../../schema/tables.ts'
import type { Settings } from '../shared/call.ts'
import type { BuiltTable } from '../shared/operation.ts'
import { Payloads } from '../shared/payload.ts'
import { limitOf, stamps, windows } from '../shared/window.ts'
import type { SingletonContext } from './context.ts'
import { get } from './read.ts'
import { singletonLayout } from './rows.ts'
import type { SingletonOptions } from './types.ts'
import { upsert } from './upsert.ts'

export function buildSingleton(
  table: SingletonTable,
  options: SingletonOptions,
  settings: Settings,
): BuiltTable {
  const { rateLimit } = options
  const single: SingletonContext = {
    table,
    layout: singletonLayout(table),
    payloads: new Payloads(table.schema, table.fields, settings.limits.maxPayloadBytes),
    settings,
    rateLimit: rateLimit === undefined ? undefined : limitOf(`${table.name}.upsert`, rateLimit),
    hooks: options.hooks ?? {},
  }
  return {
    name: table.name,
    factory: 'singleton',
    layouts: [single.layout, ...(single.rateLimit ? [windows, stamps] : [])],
    operations: { get: get(single), upsert: upsert(single) },
    personal: { remove: (userId) => removeOf(single, userId) },
  }
}

const removeOf: (single: SingletonContext, userId: string) => Program<number> = program(function* (
  { layout },
  userId,
) {
  const row = yield* getOp(layout, [userId])
  if (row === null) return 0
  yield* remove(layout, row)
  return 1
})
