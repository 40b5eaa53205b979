/** Films of a source, as two modules fetch them: one by its procedure, one by a worker. */
import { int, number, object, string } from 'zod/v4'
import type { WireTable } from '../../factories/wiring.ts'
import { schema } from '../../schema/define.ts'
import type { Fetcher } from '../../factories/base/context.ts'

const film = object({ tmdbId: int(), title: string(), score: number().optional() })

export const filmSchema = schema({
  owned: { note: object({ text: string() }) },
  base: { movie: film, trailer: film },
})

const s = filmSchema

/** Trailers are answered stale while they are fetched again. */
export const filmTables =
  (fetcher: Fetcher) =>
  ({ table }: { readonly table: WireTable }) => ({
    note: table(s.note),
    movie: table(s.movie, {
      key: 'tmdbId',
      ttl: 60_000,
      negativeTtlMs: 60_000,
      fetchTimeoutMs: 5_000,
      rateLimit: 5,
      fetcher: fetcher as never,
      hooks: { onFetch: (data) => ({ ...data, title: data.title.toUpperCase() }) },
    }),
    trailer: table(s.trailer, {
      key: 'tmdbId',
      ttl: 60_000,
      staleWhileRevalidate: true,
      staleIfError: true,
      fetcher: fetcher as never,
    }),
  })
