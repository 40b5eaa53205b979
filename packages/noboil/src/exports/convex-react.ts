/** React hooks for a noboil app on Convex, on Convex's own client. @module */
export type { ConnectionState } from '../client/stream.ts'
export { isNoboilError, NoboilError } from '../errors/error.ts'
export { errorCode, errorData, type ErrorHandlers, matchError } from '../errors/match.ts'
export type { CacheEntryResult, CacheKey } from '../react/cache-entry.ts'
export {
  type CacheEntryOptions,
  type CacheRefs,
  useCacheEntry,
} from '../react/convex/cache-entry.ts'
export { type KvRefs, useKv } from '../react/convex/kv.ts'
export { type ListArgs, type ListReference, useList } from '../react/convex/list.ts'
export { type LogRefs, useCounts, useLog } from '../react/convex/log.ts'
export { type MutOptions, useMut } from '../react/convex/mut.ts'
export { type QueryArgs, useConnection, useQuery } from '../react/convex/query.ts'
export { type QuotaRefs, useQuota } from '../react/convex/quota.ts'
export { useServerClock } from '../react/convex/core.ts'
export { type SingletonRefs, useSingleton } from '../react/convex/singleton.ts'
export { type Toast, ToastProvider, type ToastProviderProps } from '../react/convex/toast.tsx'
export type { Author, Pending } from '../react/edits.ts'
export type {
  KvResult,
  ListOptions,
  ListResult,
  LogOptions,
  LogResult,
  LogTarget,
  Mut,
  QueryResult,
  QuotaResult,
  QuotaView,
  SingletonResult,
  UpsertOptions,
} from '../react/shapes.ts'
