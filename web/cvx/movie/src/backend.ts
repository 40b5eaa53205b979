/**
 * The movie screens' port, on noboil's hooks for Convex: mostly a table of calls.
 */
import { api } from '@noboil/backend-convex/api'
import { errorOf } from '@noboil/web-cvx-shared/errors'
import { sessionHook } from '@noboil/web-cvx-shared/session'
import type { MovieActions, MovieBackend } from '@noboil/web-ui/movie'
import type { ConvexReactClient } from 'convex/react'
import { useCacheEntry, useConnection, useList, useQuery } from 'noboil/convex/react'

const pageSize = 20

export function convexBackend(client: ConvexReactClient): MovieBackend {
  const actions = actionsOf(client)
  return {
    useSession: sessionHook(client),
    useConnection,
    useMovie: (tmdbId) =>
      useCacheEntry({
        query: api.movie.get,
        load: api.movie.load,
        refresh: api.movie.refresh,
        invalidate: api.movie.invalidate,
        key: tmdbId,
      }),
    useShelf: () => useQuery(api.movies.shelf),
    useEntries: (wanted) => useList(api.movie.list, wanted === 'skip' ? 'skip' : {}, { pageSize }),
    useActions: () => actions,
    errorOf,
    fetchTimeoutMs: 4_000,
  }
}

const actionsOf = (client: ConvexReactClient): MovieActions => ({
  search: (text) => client.action(api.movies.search, { text }),
  invalidate: (tmdbId) => client.mutation(api.movie.invalidate, { key: String(tmdbId) }),
  purge: (tmdbIds) =>
    client.mutation(api.movie.purge, tmdbIds === undefined ? {} : { keys: tmdbIds.map(String) }),
  readUpstream: () => client.action(api.movies.readUpstream, {}),
  turnUpstream: (mode) => client.action(api.movies.turnUpstream, { mode }),
})
