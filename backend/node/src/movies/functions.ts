/**
 * What the movie app can do beside its table: search, the shelf, and the catalogue's switch.
 */
import type { AppCache, Remembered } from 'noboil/cache'
import { NoboilError } from 'noboil/errors'
import type { Definers, TablesApi } from 'noboil/node'
import { enum as oneOf, object, string } from 'zod/v4'
import type { tablesOf } from '../tables.ts'
import { assertAdmin, recallFunctions } from './recalls.ts'
import {
  fetchTimeoutMs,
  type MovieSearch,
  type MovieSource,
  type Upstream,
  upstreamModes,
} from './source.ts'

type Tables = TablesApi<ReturnType<typeof tablesOf>>

const shelfMax = 24
/** A cache of a demo is small: its newest copies are found by reading all of it. */
const shelfReads = 500

/** What a search answered is kept as long as a film, and stands in for a catalogue that does not answer. */
const searchOptions = {
  type: 'searches',
  ttlMs: 60_000,
  staleMs: 60_000,
  staleIfErrorMs: 600_000,
  timeoutMs: fetchTimeoutMs,
}

export const moviesFunctions =
  (source: MovieSource, cache: AppCache, peer: string | null) => (define: Definers<Tables>) => ({
    movies: {
      ...recallFunctions(cache, peer)(define),
      search: define.action({
        args: object({ text: string().trim().min(1).max(100) }),
        handler: async (_ctx, { text }) => {
          const key = `search:${text.toLowerCase()}`
          const load = ({ signal }: { readonly signal: AbortSignal }): Promise<MovieSearch> =>
            source.search(text, signal)
          const found = await fetched(cache.rememberWithStatus(key, searchOptions, load))
          return { ...found.value, kept: keptOf(found) }
        },
      }),
      /** What is kept now, the newest copy first. */
      shelf: define.query({
        handler: async (ctx) => {
          const paginationOpts = { numItems: shelfReads, cursor: null }
          const { page } = await ctx.system.movie.list({ paginationOpts })
          return page.toSorted((a, b) => b.fetchedAt - a.fetchedAt).slice(0, shelfMax)
        },
      }),
      /** Null where the source is somebody's real one. */
      readUpstream: define.action({
        handler: async (ctx) => {
          assertAdmin(ctx.user)
          return source.upstream === undefined ? null : fetched(source.upstream.read())
        },
      }),
      turnUpstream: define.action({
        args: object({ mode: oneOf(upstreamModes) }),
        handler: async (ctx, { mode }) => {
          assertAdmin(ctx.user)
          return fetched(switchOf(source).turn(mode))
        },
      }),
    },
  })

/** `hasFailed`: the catalogue was asked and did not answer. */
const keptOf = ({ status, ageMs, error }: Remembered<unknown>) => ({
  status,
  fetchedAt: Date.now() - ageMs,
  hasFailed: error !== undefined,
})

function switchOf({ upstream }: MovieSource): Upstream {
  if (upstream !== undefined) return upstream
  throw new NoboilError('UNSUPPORTED', 'A real catalogue has no switch.')
}

async function fetched<answer>(asked: Promise<answer>): Promise<answer> {
  try {
    return await asked
  } catch (error) {
    const failure = new NoboilError('FETCH_FAILED', 'The film catalogue did not answer.')
    failure.cause = error
    throw failure
  }
}
