/** SpacetimeDB TypeScript modules in the test's own process, and a development server for the SDK. @module */
export type { HttpFetch, HttpRequest, HttpResponse } from '../standins/spacetimedb/abi/http.ts'
export {
  type BundleOptions,
  bundleModule,
  type ModuleBundle,
  type ModuleEntry,
  type ModuleSource,
} from '../standins/spacetimedb/bundle.ts'
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
export { QueryError } from '../standins/spacetimedb/sql/tokens.ts'
