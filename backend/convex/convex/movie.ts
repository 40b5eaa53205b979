import { fetchTimeoutMs } from '@noboil/backend-node/movies/source'
import { cacheCrud } from '../lazy.ts'
import { movieSource } from '../movies.ts'
import { s } from '../s.ts'

const c = cacheCrud({
  table: 'movie',
  schema: s.movie,
  key: 'tmdbId',
  // Short, so that one can watch a copy age, go stale and be renewed.
  ttl: 60_000,
  ttlJitter: 0.1,
  staleWhileRevalidate: true,
  staleIfError: true,
  negativeTtlMs: 60_000,
  fetchTimeoutMs,
  rateLimit: 30,
  fetcher: async (ctx, key) => {
    const etag = ctx.previous?.etag
    const film = await movieSource().details(Number(key), { signal: ctx.signal, etag })
    return film === 'unchanged' ? ctx.unchanged : film
  },
})

export const { all, get, invalidate, list, load, purge, refresh } = c
