/** A client of a SpacetimeDB module, without React: for scripts, tests and other frameworks. @module */
export { errorCode, errorData, type ErrorHandlers, matchError } from '../errors/match.ts'
export {
  type ClientOptions,
  type ConnectionState,
  createSpacetimeClient,
  type SpacetimeClient,
} from '../react/spacetimedb/client.ts'
export type { TokenStore } from '../react/spacetimedb/tokens.ts'
export type { Edit } from '../react/spacetimedb/overlay.ts'
export type { Filter, Watch, Watched } from '../react/spacetimedb/watch.ts'
export {
  type AnyBindings,
  type Bindings,
  bindingsOf,
  type ReducerRef,
  type RowIn,
  type TableRef,
} from '../wire/spacetimedb.ts'
