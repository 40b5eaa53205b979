/** A typed client of a noboil server, in browsers and in Node. @module */
export { type ClientApi, createApi } from '../client/api.ts'
export {
  type ArgsList,
  type Client,
  type ClientOptions,
  type ConnectionStore,
  createClient,
  type MutationOptions,
  type QueryOptions,
} from '../client/client.ts'
export type { LiveState } from '../client/entry.ts'
export type { HeadersOption, Retry } from '../client/http.ts'
export type { Optimistic, OptimisticStore } from '../client/optimistic.ts'
export type { Clock, Fetch, Random, Waker } from '../client/ports.ts'
export type { Live } from '../client/store.ts'
export type { ConnectionState } from '../client/stream.ts'
export { isNoboilError, NoboilError } from '../errors/error.ts'
export { errorCode, errorData, type ErrorHandlers, matchError } from '../errors/match.ts'
export type { ErrorCode, ErrorData, ErrorPayload, Issue } from '../errors/table.ts'
export type { ArgsOf, FunctionReference, ResultOf } from '../schema/reference.ts'
