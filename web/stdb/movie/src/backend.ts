/**
 * The movie screens' port, on noboil's hooks for SpacetimeDB: mostly a table of calls.
 */
import { reducers, tables } from '@noboil/backend-spacetimedb/bindings'
import { errorOf } from '@noboil/web-stdb-shared/errors'
import { sessionHook } from '@noboil/web-stdb-shared/session'
import type {
  CachedMovie,
  MovieActions,
  MovieBackend,
  SearchAnswer,
  UpstreamState,
} from '@noboil/web-ui/movie'
import {
  type SpacetimeClient,
  useCacheEntry,
  useConnection,
  useList,
} from 'noboil/spacetimedb/react'

const shelfMax = 24
const pageSize = 20

const calls = {
  load: reducers.load_movie,
  refresh: reducers.refresh_movie,
  invalidate: reducers.invalidate_movie,
}

const newestFirst = (a: CachedMovie, b: CachedMovie): number => b.fetchedAt - a.fetchedAt

export function spacetimeBackend(client: SpacetimeClient): MovieBackend {
  const actions = actionsOf(client)
  return {
    useSession: sessionHook(client),
    useConnection,
    useMovie: (tmdbId) => useCacheEntry(tables.movie, tmdbId, calls),
    useShelf: () => useList(tables.movie, { order: newestFirst, pageSize: shelfMax }),
    useEntries: (wanted) => useList(tables.movie, wanted === 'skip' ? 'skip' : { pageSize }),
    useActions: () => actions,
    errorOf,
    fetchTimeoutMs: 4_000,
  }
}

const actionsOf = (client: SpacetimeClient): MovieActions => ({
  search: (text) => client.ask<SearchAnswer>('movies.search', { text }),
  invalidate: (tmdbId) => client.call(reducers.invalidate_movie, { key: String(tmdbId) }),
  purge: (tmdbIds) =>
    client.call(reducers.purge_movie, tmdbIds === undefined ? {} : { keys: tmdbIds.map(String) }),
  readUpstream: () => client.ask<UpstreamState | null>('movies.readUpstream'),
  turnUpstream: (mode) => client.ask<UpstreamState | null>('movies.turnUpstream', { mode }),
})
