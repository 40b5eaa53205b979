/** SpacetimeDB TypeScript modules in the test's own process, and a development server for the SDK. @module */
export type { HttpFetch, HttpRequest, HttpResponse } from '../standins/spacetimedb/abi/http.ts'
export type { EmitOptions } from '../standins/spacetimedb/bindings/emit.ts'
export type { Accessors } from '../standins/spacetimedb/bindings/model.ts'
export type { ClientBindings, RemoteOf } from '../standins/spacetimedb/bindings/types.ts'
export {
  type BundleOptions,
  bundleModule,
  type ModuleBundle,
  type ModuleEntry,
  type ModuleSource,
} from '../standins/spacetimedb/bundle.ts'
export { checkModule, type CheckOptions, type ModuleReport } from '../standins/spacetimedb/check.ts'
export type { CallCost, Cost } from '../standins/spacetimedb/datastore/costs.ts'
export { type CallFailure, ModuleCallError } from '../standins/spacetimedb/errors.ts'
export {
  createModuleHost,
  type ModuleCaller,
  type ModuleConnection,
  type ModuleHost,
  type ModuleHostOptions,
  type Who,
} from '../standins/spacetimedb/host.ts'
export { type Claims, identityFromClaims, identityOf } from '../standins/spacetimedb/identity.ts'
export type { LogLine } from '../standins/spacetimedb/logs.ts'
export { networkHttp, type NetworkOptions } from '../standins/spacetimedb/network/network.ts'
export type {
  InProcessSocket,
  WebSocketFactory,
} from '../standins/spacetimedb/server/in-process.ts'
export type { Listener, ListenOptions } from '../standins/spacetimedb/server/listen.ts'
export type { VerifyToken } from '../standins/spacetimedb/server/tokens.ts'
export { QueryError } from '../standins/spacetimedb/sql/tokens.ts'
