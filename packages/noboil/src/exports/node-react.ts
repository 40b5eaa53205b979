/** React hooks for a noboil server, on TanStack Query. @module */
export { type ClientApi, createApi } from '../client/api.ts'
export { type Client, type ClientOptions, createClient } from '../client/client.ts'
export type { Optimistic, OptimisticStore } from '../client/optimistic.ts'
export type { ConnectionState } from '../client/stream.ts'
export { errorCode, errorData, type ErrorHandlers, matchError } from '../errors/match.ts'
export type { Author, Pending } from '../react/edits.ts'
export { type KvRefs, type KvResult, useKv } from '../react/kv.ts'
export { type ListArgs, type ListOptions, type ListResult, useList } from '../react/list.ts'
export { type QueryResult, useConnection, useQuery } from '../react/live.ts'
export {
  type LogOptions,
  type LogRefs,
  type LogResult,
  type LogTarget,
  useCounts,
  useLog,
} from '../react/log.ts'
export { type Mut, type MutOptions, useMut } from '../react/mut.ts'
export {
  NoboilProvider,
  type NoboilProviderProps,
  type Toast,
  useClient,
} from '../react/provider.tsx'
export { type QuotaRefs, type QuotaResult, type QuotaView, useQuota } from '../react/quota.ts'
export {
  type SingletonRefs,
  type SingletonResult,
  type UpsertOptions,
  useSingleton,
} from '../react/singleton.ts'
