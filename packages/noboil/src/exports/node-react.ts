/** React hooks for a noboil server, on TanStack Query. @module */
export { type ClientApi, createApi } from '../client/api.ts'
export { type Client, type ClientOptions, createClient } from '../client/client.ts'
export type { Optimistic, OptimisticStore } from '../client/optimistic.ts'
export type { ConnectionState } from '../client/stream.ts'
export { errorCode, errorData, type ErrorHandlers, matchError } from '../errors/match.ts'
export {
  type CacheEntryOptions,
  type CacheEntryResult,
  type CacheKey,
  type CacheRefs,
  useCacheEntry,
} from '../react/cache-entry.ts'
export type { Author, Pending } from '../react/edits.ts'
export { type KvRefs, useKv } from '../react/kv.ts'
export { type ListArgs, useList } from '../react/list.ts'
export { useConnection, useQuery } from '../react/live.ts'
export { type LogRefs, useCounts, useLog } from '../react/log.ts'
export { type MutOptions, useMut } from '../react/mut.ts'
export {
  NoboilProvider,
  type NoboilProviderProps,
  type Toast,
  useClient,
} from '../react/provider.tsx'
export { type QuotaRefs, useQuota } from '../react/quota.ts'
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
export { type SingletonRefs, useSingleton } from '../react/singleton.ts'
export {
  type EntityKeys,
  StreamInvalidator,
  type StreamInvalidatorProps,
  StreamProvider,
  type StreamProviderProps,
  type UpdateSource,
  useAppUpdates,
  useStream,
} from '../react/updates.tsx'
export type { UpdateListener } from '../client/updates.ts'
export type { AppUpdate } from '../wire/messages.ts'
