/**
 * What the tables of both apps do, beside storing.
 */
import { NoboilError } from 'noboil/errors'
import { refs } from 'noboil/node'
import type { HookContext } from 'noboil/schema'
import type { WireTable } from 'noboil/node'
import { recalls } from './movies/recalls.ts'
import { fetchTimeoutMs, type MovieSource } from './movies/source.ts'
import { s } from './s.ts'

interface PollRow {
  readonly options: readonly string[]
  readonly closesAt?: number
}

export const tablesOf = (table: WireTable, movies: MovieSource) => ({
  poll: table(s.poll, {
    pub: 'isPublic',
    softDelete: true,
    withAuthor: true,
    search: 'question',
    rateLimit: 20,
  }),
  vote: table(s.vote, {
    pub: 'isPublic',
    softDelete: true,
    rateLimit: 30,
    counts: ['optionIdx'],
    hooks: {
      beforeAppend: async (ctx, { parent, payload }) => {
        // The seed writes as the server itself, in other people's names.
        if (ctx.internal) return payload
        const poll = (await ctx.db.get(parent as never)) as unknown as PollRow
        if (payload.optionIdx >= poll.options.length) {
          throw new NoboilError('VALIDATION_FAILED', 'This poll has no such option.', {
            issues: [{ path: 'payload.optionIdx', message: 'There is no such option.' }],
          })
        }
        if (poll.closesAt !== undefined && poll.closesAt <= ctx.now) {
          throw new NoboilError('FORBIDDEN', 'This poll is closed.')
        }
        await spendBallot(ctx)
        return { ...payload, voter: await nameOf(ctx) }
      },
    },
  }),
  comment: table(s.comment, {
    pub: 'isPublic',
    create: 'readers',
    withAuthor: true,
    softDelete: true,
    rateLimit: 20,
    hooks: {
      beforeCreate: async (ctx, { payload }) => ({ ...payload, authorName: await nameOf(ctx) }),
    },
  }),
  siteConfig: table(s.siteConfig, { softDelete: true, rateLimit: 30 }),
  profile: table(s.profile, { rateLimit: 20 }),
  ballots: table(s.ballots),
  recall: table(recalls.recall),
  movie: table(s.movie, {
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
      const film = await movies.details(Number(key), { signal: ctx.signal, etag })
      return film === 'unchanged' ? ctx.unchanged : film
    },
  }),
})

/** The name a person goes by in this app: the one they chose, or their account's. */
async function nameOf(ctx: HookContext): Promise<string> {
  const profile = await ctx.db.query(refs(s.profile).get, { userId: ctx.userId })
  return profile?.displayName ?? ctx.user.name
}

/** The quota is spent in the vote's own transaction: a vote that fails gives its ballot back. */
async function spendBallot(ctx: HookContext): Promise<void> {
  const ballot = await ctx.db.mutation(refs(s.ballots).consume, { owner: ctx.userId })
  if (ballot.allowed) return
  throw new NoboilError('RATE_LIMITED', 'That was a lot of ballots. Take a breath.', {
    retryAfter: ballot.retryAfter ?? ballot.durationMs,
    max: ballot.limit,
    windowMs: ballot.durationMs,
  })
}
