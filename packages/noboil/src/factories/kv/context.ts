/**
 * What every operation of one kv table knows: its keys, its role, its limits.
 */
import { NoboilError } from '../../errors/error.ts'
import type { Layout } from '../../schema/layout.ts'
import type { KvTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'
import { shortText } from '../shared/arguments.ts'
import type { Settings } from '../shared/call.ts'
import type { Payloads } from '../shared/payload.ts'
import type { Limit } from '../shared/window.ts'
import type { StoredRow } from './rows.ts'
import type { KvHooks } from './types.ts'

export interface KvContext {
  readonly table: KvTable
  readonly layout: Layout<StoredRow>
  readonly payloads: Payloads
  readonly settings: Settings
  readonly softDelete: boolean
  readonly rateLimit: Limit | undefined
  readonly hooks: KvHooks<Row, Row>
}

/** The reader of the `key` argument: one of the table's keys, or any short text. */
export function keyReader({
  table,
  settings,
}: KvContext): (input: unknown, path: string) => string {
  const read = shortText('maxKeyBytes', settings.limits.maxKeyBytes)
  const { keys } = table
  const known = keys && new Set(keys)
  return (input, path) => {
    const key = read(input, path)
    if (keys === undefined || known?.has(key) === true) return key
    throw new NoboilError(
      'INVALID_KEY',
      `'${table.name}' has no key '${key}'; there are ${keys.join(', ')}.`,
      {
        key,
        keys,
      },
    )
  }
}

export const noKey = ({ table }: KvContext, key: string): NoboilError =>
  new NoboilError('NOT_FOUND', `'${table.name}' has nothing at '${key}'.`)
