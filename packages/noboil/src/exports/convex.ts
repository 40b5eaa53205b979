/** Tables as functions of a Convex deployment, and what its `convex/schema.ts` is made of. @module */
export { DefinitionError } from '../errors/assert.ts'
export { isNoboilError, NoboilError } from '../errors/error.ts'
export type { FactoryLimits } from '../factories/shared/call.ts'
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
export type { Background } from '../hosts/convex/background.ts'
export type { AppBuilders } from '../hosts/convex/builders.ts'
export type { AppSchema } from '../hosts/convex/definitions.ts'
export type { GetAuthUserId } from '../hosts/convex/callers.ts'
export { convexContext } from '../hosts/convex/contexts.ts'
export type { Middleware, MiddlewareCall } from '../hosts/convex/middleware.ts'
export { type ConvexApp, noboil, type NoboilConfig } from '../hosts/convex/noboil.ts'
export { type ConvexTables, defineTables, type DefineOptions } from '../hosts/convex/tables.ts'
export type { ConvexApi, ConvexTable, ConvexWriter } from '../hosts/convex/types.ts'
export { refs } from '../server/refs.ts'
