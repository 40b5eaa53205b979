/**
 * The movie screens' port, on noboil's hooks for Node: mostly a table of calls.
 */
import type { api as server } from '@noboil/backend-node/api'
import { errorOf } from '@noboil/web-node-shared/errors'
import { sessionHook } from '@noboil/web-node-shared/session'
import type { FoundResult, MirrorState, MovieActions, MovieBackend } from '@noboil/web-ui/movie'
import { useQuery as useTanstackQuery } from '@tanstack/react-query'
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
    useFound: foundHook(client),
    useRecalls: () => useQuery(api.recall.get, { key: 'latest' }).data?.entries,
    errorOf,
    fetchTimeoutMs: 4_000,
    now: () => client.serverNow(),
  }
}

/** Answers of searches under the app's own keys: the page's StreamInvalidator has them asked again. */
export const searchesKey = 'searches'

const foundHook = (client: Client) => (text: string | null) => {
  const { data, error, refetch } = useTanstackQuery({
    queryKey: [searchesKey, text],
    queryFn: () => client.action(api.movies.search, { text: text ?? '' }),
    enabled: text !== null,
    // As long as the server keeps them.
    staleTime: 60_000,
    retry: false,
    refetchOnWindowFocus: false,
  })
  return { data, error, retry: () => void refetch() } satisfies FoundResult
}

const actionsOf = (client: Client): MovieActions => ({
  search: (text) => client.action(api.movies.search, { text }),
  invalidate: (tmdbId) => client.mutation(api.movies.recall, { what: 'marked', tmdbId }),
  purge: async (tmdbIds) => {
    const each = tmdbIds?.map((tmdbId) => ({ what: 'removed' as const, tmdbId }))
    const calls = each ?? [{ what: 'removed' as const }]
    const answers = await Promise.all(calls.map((call) => client.mutation(api.movies.recall, call)))
    return { deleted: answers.reduce((sum, { count }) => sum + count, 0) }
  },
  readUpstream: () => client.action(api.movies.readUpstream),
  turnUpstream: (mode) => client.action(api.movies.turnUpstream, { mode }),
  readMirrors,
})

interface Stats {
  readonly mirrors: {
    readonly targets: readonly {
      readonly target: string
      readonly state: MirrorState['state']
      readonly pending: number
      readonly delivered: number
    }[]
  }
}

async function readMirrors(): Promise<readonly MirrorState[]> {
  const response = await fetch('/api/cache/stats')
  if (!response.ok) throw new Error(`The server answered ${response.status}.`)
  const { mirrors } = (await response.json()) as Stats
  return mirrors.targets.map(({ target, state, pending, delivered }) => ({
    url: target,
    state,
    waiting: pending,
    told: delivered,
  }))
}
