/**
 * `noboil()`: the tables and functions of an app as one self-hosted server.
 */
import type { FactoryLimits } from '../factories/shared/call.ts'
import type { HostLimits } from '../hosts/host.ts'
import type { AnyObject } from '../schema/storable.ts'
import type { AuthPort } from './auth/port.ts'
import type { ServerLimits } from './limits.ts'
import type { Admin, Definers, FunctionTree, TablesApi, Wired, WireTable } from './types.ts'

export interface NoboilConfig<
  tables extends Readonly<Record<string, Wired>>,
  functions extends FunctionTree,
> {
  /** A file for embedded SQLite; it is made where there is none. */
  readonly database: string
  readonly tables: (build: { readonly table: WireTable }) => tables
  /** The app's own functions beside those of its tables. */
  readonly functions?: (define: Definers<TablesApi<tables>>) => functions
  /** Who is calling. Absent: nobody can sign in. */
  readonly auth?: AuthPort
  /** Fields that users have beside `name`, `image` and `role`; register them for the types too. */
  readonly users?: AnyObject
  /** Passes the ownership check of `rm`, purge and restore. Default: `ctx.user?.role === 'admin'`. */
  readonly admin?: Admin
  readonly limits?: Partial<FactoryLimits & HostLimits & ServerLimits>
}
