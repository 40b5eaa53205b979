/**
 * The quota factory: at most so many units in any window of time, per owner.
 */
import type { QuotaTable } from '../../schema/tables.ts'
import type { Settings } from '../shared/call.ts'
import type { BuiltTable } from '../shared/operation.ts'
import { limitOf, stamps, windows } from '../shared/window.ts'
import type { QuotaContext } from './context.ts'
import type { QuotaOptions } from './types.ts'
import { check, consume, record } from './use.ts'

export function buildQuota(
  table: QuotaTable,
  options: QuotaOptions,
  settings: Settings,
): BuiltTable {
  const quota: QuotaContext = {
    name: table.name,
    limit: limitOf(`quota:${table.name}`, { max: table.limit, window: table.durationMs }),
    settings,
    authorize: options.authorize,
    hooks: options.hooks ?? {},
  }
  return {
    name: table.name,
    factory: 'quota',
    layouts: [windows, stamps],
    operations: { check: check(quota), record: record(quota), consume: consume(quota) },
  }
}
