/**
 * What the movie app can do beside its table: search, the shelf, and the catalogue's switch.
 */
import { NoboilError } from 'noboil/errors'
import type { Definers, TablesApi } from 'noboil/node'
import { enum as oneOf, object, string } from 'zod/v4'
import type { tablesOf } from '../tables.ts'
import { fetchTimeoutMs, type MovieSource, type Upstream, upstreamModes } from './source.ts'

type Tables = TablesApi<ReturnType<typeof tablesOf>>

const shelfMax = 24
/** A cache of a demo is small: its newest copies are found by reading all of it. */
const shelfReads = 500

export const moviesFunctions =
  (source: MovieSource) =>
  ({ action, query }: Definers<Tables>) => ({
    movies: {
      search: action({
        args: object({ text: string().trim().min(1).max(100) }),
        handler: (ctx, { text }) =>
          fetched(source.search(text, AbortSignal.any([ctx.signal, patience()]))),
      }),
      /** What is kept now, the newest copy first. */
      shelf: query({
        handler: async (ctx) => {
          const paginationOpts = { numItems: shelfReads, cursor: null }
          const { page } = await ctx.system.movie.list({ paginationOpts })
          return page.toSorted((a, b) => b.fetchedAt - a.fetchedAt).slice(0, shelfMax)
        },
      }),
      /** Null where the source is somebody's real one. */
      readUpstream: action({
        handler: async (ctx) => {
          assertAdmin(ctx.user)
          return source.upstream === undefined ? null : fetched(source.upstream.read())
        },
      }),
      turnUpstream: action({
        args: object({ mode: oneOf(upstreamModes) }),
        handler: async (ctx, { mode }) => {
          assertAdmin(ctx.user)
          return fetched(switchOf(source).turn(mode))
        },
      }),
    },
  })

function assertAdmin(user: { readonly role?: string | null | undefined } | null): void {
  if (user?.role === 'admin') return
  const code = user === null ? 'NOT_AUTHENTICATED' : 'FORBIDDEN'
  throw new NoboilError(code, 'Only admins may look at the catalogue’s switch or turn it.')
}

function switchOf({ upstream }: MovieSource): Upstream {
  if (upstream !== undefined) return upstream
  throw new NoboilError('UNSUPPORTED', 'A real catalogue has no switch.')
}

const patience = (): AbortSignal => AbortSignal.timeout(fetchTimeoutMs)

async function fetched<answer>(asked: Promise<answer>): Promise<answer> {
  try {
    return await asked
  } catch (error) {
    const failure = new NoboilError('FETCH_FAILED', 'The film catalogue did not answer.')
    failure.cause = error
    throw failure
  }
}
