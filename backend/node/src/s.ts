/**
 * The schema of the demo's two apps, poll and movie: everything they store, once.
 */
import { array, boolean, int, number, object, string } from 'zod/v4'
import { type PredicateContext, schema } from 'noboil/schema'

const isAdmin = (ctx: PredicateContext): boolean => ctx.user?.role === 'admin'

const line = (max: number) => string().trim().min(1).max(max)

export const s = schema({
  owned: {
    poll: object({
      question: line(200),
      options: array(line(80)).min(2).max(8),
      isPublic: boolean(),
      closesAt: int().optional(),
    }),
  },
  log: {
    vote: {
      parent: 'poll',
      schema: object({ optionIdx: int().min(0).max(7), voter: string().max(80) }),
    },
  },
  child: {
    comment: {
      parent: 'poll',
      schema: object({ text: line(500), authorName: string().max(80).optional() }),
    },
  },
  kv: {
    siteConfig: {
      keys: ['banner'] as const,
      schema: object({ active: boolean(), message: string().trim().max(200) }),
      writeRole: isAdmin,
    },
  },
  singleton: {
    profile: object({ displayName: line(40), color: string().max(20).optional() }),
  },
  base: {
    movie: {
      schema: object({
        tmdbId: int(),
        title: string(),
        overview: string(),
        posterPath: string().nullable(),
        releaseDate: string(),
        voteAverage: number(),
        voteCount: int(),
        runtimeMinutes: int().nullable(),
        genres: array(object({ id: int(), name: string() })),
        directors: array(string()),
        countries: array(string()),
        etag: string().optional(),
      }),
      writeRole: isAdmin,
    },
  },
  quota: { ballots: { limit: 5, durationMs: 60_000 } },
})
