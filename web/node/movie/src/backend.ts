/**
 * The movie screens' port, on noboil's hooks for Node: mostly a table of calls.
 */
import type { api as server } from '@noboil/backend-node/api'
import { errorOf } from '@noboil/web-node-shared/errors'
import { sessionHook } from '@noboil/web-node-shared/session'
import type { MovieActions, MovieBackend } from '@noboil/web-ui/movie'
import {
  type Client,
  createApi,
  useCacheEntry,
  useConnection,
  useList,
  useQuery,
} from 'noboil/node/react'

const api = createApi<typeof server>()
const pageSize = 20

export function nodeBackend(client: Client): MovieBackend {
  const actions = actionsOf(client)
  return {
    useSession: sessionHook(client),
    useConnection,
    useMovie: (tmdbId) => useCacheEntry(api.movie, tmdbId),
    useShelf: () => useQuery(api.movies.shelf),
    useEntries: (wanted) => useList(api.movie.list, wanted === 'skip' ? 'skip' : {}, { pageSize }),
    useActions: () => actions,
    errorOf,
    fetchTimeoutMs: 4_000,
    now: () => client.serverNow(),
  }
}

const actionsOf = (client: Client): MovieActions => ({
  search: (text) => client.action(api.movies.search, { text }),
  invalidate: (tmdbId) => client.mutation(api.movie.invalidate, { key: String(tmdbId) }),
  purge: (tmdbIds) =>
    client.mutation(api.movie.purge, tmdbIds === undefined ? {} : { keys: tmdbIds.map(String) }),
  readUpstream: () => client.action(api.movies.readUpstream),
  turnUpstream: (mode) => client.action(api.movies.turnUpstream, { mode }),
})
