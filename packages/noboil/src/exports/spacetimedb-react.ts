/** React hooks for a SpacetimeDB module. @module */
export { errorCode, errorData, type ErrorHandlers, matchError } from '../errors/match.ts'
export type { CacheEntryResult, CacheKey } from '../react/cache-entry.ts'
export type { Author, Pending } from '../react/edits.ts'
export type {
  KvResult,
  ListResult,
  LogResult,
  LogTarget,
  Mut,
  QueryResult,
  QuotaResult,
  QuotaView,
  SingletonResult,
  UpsertOptions,
} from '../react/shapes.ts'
export { type CacheReducers, useCacheEntry } from '../react/spacetimedb/cache-entry.ts'
export {
  type ClientOptions,
  type ConnectionState,
  createSpacetimeClient,
  type SpacetimeClient,
} from '../react/spacetimedb/client.ts'
export type { TokenStore } from '../react/spacetimedb/tokens.ts'
export { type KvTarget, useKv } from '../react/spacetimedb/kv.ts'
export { type SpacetimeListOptions, useList, useRow } from '../react/spacetimedb/list.ts'
export { type LogTables, type SpacetimeLogOptions, useLog } from '../react/spacetimedb/log.ts'
export { useMut } from '../react/spacetimedb/mut.ts'
export {
  SpacetimeProvider,
  type SpacetimeProviderProps,
  type KnownUser,
  useConnection,
  useSpacetimeClient,
  useUser,
  useUserId,
} from '../react/spacetimedb/provider.tsx'
export { type QuotaTarget, useQuota } from '../react/spacetimedb/quota.ts'
export { type SingletonTarget, useSingleton } from '../react/spacetimedb/singleton.ts'
export { type Counts, type CountsTarget, useCounts } from '../react/spacetimedb/tally.ts'
export {
  type Bindings,
  bindingsOf,
  type ReducerRef,
  type RowIn,
  type TableRef,
} from '../wire/spacetimedb.ts'
