/** The self-hosted server: tables and functions over embedded SQLite, with HTTP and live queries. @module */
export { DefinitionError } from '../errors/assert.ts'
export { isNoboilError, NoboilError } from '../errors/error.ts'
export type { FactoryLimits } from '../factories/shared/call.ts'
export type { HostLimits, HostPorts } from '../hosts/host.ts'
export type {
  AccountChange,
  AuthListener,
  AuthPort,
  Dropped,
  Session,
} from '../server/auth/port.ts'
export type { ServerLimits } from '../server/limits.ts'
export { type App, noboil, type NoboilConfig, type People } from '../server/noboil.ts'
export { refs } from '../server/refs.ts'
export type { Listening, ListenOptions } from '../server/server.ts'
export type {
  ActionContext,
  CronTime,
  Definers,
  MutationContext,
  QueryContext,
  TablesApi,
  WireTable,
} from '../server/types.ts'
