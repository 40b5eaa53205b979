/** What the movie app can do beside its table: search, and the catalogue's switch. */
import {
  fetchTimeoutMs,
  type MovieSource,
  type Upstream,
  upstreamModes,
} from '@noboil/backend-node/movies/source'
import { NoboilError } from 'noboil/errors'
import { action, type WorkerAction } from 'noboil/spacetimedb/worker'
import { enum as oneOf, object, string } from 'zod/v4'

export const movieActions = (source: MovieSource): Readonly<Record<string, WorkerAction>> => ({
  'movies.search': action({
    args: object({ text: string().trim().min(1).max(100) }),
    handler: ({ signal }, { text }) =>
      fetched(source.search(text, AbortSignal.any([signal, AbortSignal.timeout(fetchTimeoutMs)]))),
  }),
  /** Null where the source is somebody's real one. */
  'movies.readUpstream': action({
    args: object({}),
    handler: ({ user }) => {
      assertAdmin(user)
      return source.upstream === undefined ? null : fetched(source.upstream.read())
    },
  }),
  'movies.turnUpstream': action({
    args: object({ mode: oneOf(upstreamModes) }),
    handler: ({ user }, { mode }) => {
      assertAdmin(user)
      return fetched(switchOf(source).turn(mode))
    },
  }),
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

async function fetched<answer>(asked: Promise<answer>): Promise<answer> {
  try {
    return await asked
  } catch (error) {
    const failure = new NoboilError('FETCH_FAILED', 'The film catalogue did not answer.')
    failure.cause = error
    throw failure
  }
}
