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
export { type MirrorConfig, mirrorsFromEnv } from '../mirror/config.ts'
export { type App, noboil, type NoboilConfig, type People } from '../server/noboil.ts'
export { refs } from '../server/refs.ts'
export type { Listening, ListenOptions } from '../server/server.ts'
export type {
  BaseApi,
  BaseHooks,
  BaseOptions,
  BaseRow,
  CacheCrudOptions,
  Fetched,
  FetchContext,
} from '../factories/base/types.ts'
export type { ChildApi, ChildOptions, ChildRow } from '../factories/child/types.ts'
export type { KvApi, KvHooks, KvOptions, KvRow } from '../factories/kv/types.ts'
export type { LogApi, LogHooks, LogOptions, LogRow } from '../factories/log/types.ts'
export type { OwnedApi, OwnedOptions, OwnedRow } from '../factories/owned/types.ts'
export type { QuotaApi, QuotaOptions, QuotaState } from '../factories/quota/types.ts'
export type { PaginatedResult, PaginationOptions } from '../factories/shared/operation.ts'
export type { RateLimitConfig } from '../factories/shared/window.ts'
export type { SingletonApi, SingletonOptions, SingletonRow } from '../factories/singleton/types.ts'
export type { OptionsOf, Wired, WireTable } from '../factories/wiring.ts'
export type {
  ActionContext,
  ApiOf,
  Cron,
  CronTime,
  Custom,
  Definers,
  FunctionsApi,
  FunctionTree,
  MutationContext,
  QueryContext,
  TablesApi,
} from '../server/types.ts'
