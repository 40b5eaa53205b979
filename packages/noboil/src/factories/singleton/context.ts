/**
 * What the operations of one singleton know.
 */
import type { Layout } from '../../schema/layout.ts'
import type { SingletonTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'
import type { Settings } from '../shared/call.ts'
import type { Payloads } from '../shared/payload.ts'
import type { Limit } from '../shared/window.ts'
import type { StoredRow } from './rows.ts'
import type { SingletonHooks } from './types.ts'

export interface SingletonContext {
  readonly table: SingletonTable
  readonly layout: Layout<StoredRow>
  readonly payloads: Payloads
  readonly settings: Settings
  readonly rateLimit: Limit | undefined
  readonly hooks: SingletonHooks<Row, Row>
}
