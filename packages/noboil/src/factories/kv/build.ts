/**
 * The kv factory: named values that a role writes and everybody reads.
 */
import { DefinitionError } from '../../errors/assert.ts'
import type { KvTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'
import type { Settings } from '../shared/call.ts'
import type { BuiltTable } from '../shared/operation.ts'
import { Payloads } from '../shared/payload.ts'
import { limitOf, stamps, windows } from '../shared/window.ts'
import type { KvContext } from './context.ts'
import { get, list } from './read.ts'
import { kvLayout, tombstones } from './rows.ts'
import type { KvHooks, KvOptions } from './types.ts'
import { restore, rm, set } from './write.ts'

export function buildKv(table: KvTable, options: KvOptions, settings: Settings): BuiltTable {
  const { rateLimit } = options
  const ownsFiles = options.cleanFiles === true
  if (ownsFiles && settings.keepsFiles !== true) {
    throw new DefinitionError(
      `Table '${table.name}': cleanFiles is for hosts that keep files, and this one does not; leave it out.`,
    )
  }
  const kv: KvContext = {
    table,
    layout: { ...kvLayout(table), ...(ownsFiles && { ownsFiles }) },
    payloads: new Payloads(table.schema, table.fields, settings.limits.maxPayloadBytes),
    settings,
    softDelete: options.softDelete === true,
    rateLimit: rateLimit === undefined ? undefined : limitOf(`${table.name}.write`, rateLimit),
    hooks: (options.hooks ?? {}) as KvHooks<Row, Row>,
  }
  return {
    name: table.name,
    factory: 'kv',
    layouts: [kv.layout, tombstones, ...(kv.rateLimit ? [windows, stamps] : [])],
    operations: { get: get(kv), list: list(kv), set: set(kv), rm: rm(kv), restore: restore(kv) },
    everybodySees: (row) => row['deletedAt'] === undefined,
  }
}
