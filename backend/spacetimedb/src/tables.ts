/**
 * What the tables of both apps do, beside storing. The module is made of it, and so is the worker, which fetches the films.
 */
import { fetchTimeoutMs } from '@noboil/backend-node/movies/source'
import { NoboilError } from 'noboil/errors'
import {
  answered,
  byWorker,
  type HookContext,
  refs,
  type WireTable,
} from 'noboil/spacetimedb/schema'
import { s } from './s.ts'

interface PollRow {
  readonly options: readonly string[]
  readonly closesAt?: number
}

export const tables = ({ table }: { readonly table: WireTable }) => ({
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
      beforeAppend: (ctx, { parent, payload }) => {
        // The seed writes as the server itself, in other people's names.
        if (ctx.internal) return payload
        const poll = answered(ctx.db.get(parent as never)) as unknown as PollRow
        if (payload.optionIdx >= poll.options.length) {
          throw new NoboilError('VALIDATION_FAILED', 'This poll has no such option.', {
            issues: [{ path: 'payload.optionIdx', message: 'There is no such option.' }],
          })
        }
        if (poll.closesAt !== undefined && poll.closesAt <= ctx.now) {
          throw new NoboilError('FORBIDDEN', 'This poll is closed.')
        }
        spendBallot(ctx)
        return { ...payload, voter: nameOf(ctx) }
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
      beforeCreate: (ctx, { payload }) => ({ ...payload, authorName: nameOf(ctx) }),
    },
  }),
  siteConfig: table(s.siteConfig, { softDelete: true, rateLimit: 30 }),
  profile: table(s.profile, { rateLimit: 20 }),
  ballots: table(s.ballots),
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
    fetcher: byWorker,
  }),
})

/** The name a person goes by in this app: the one they chose, or their account's. */
function nameOf(ctx: HookContext): string {
  const profile = answered(ctx.db.query(refs(s.profile).get, { userId: ctx.userId }))
  return profile?.displayName ?? ctx.user.name
}

/** The quota is spent in the vote's own transaction: a vote that fails gives its ballot back. */
function spendBallot(ctx: HookContext): void {
  const ballot = answered(ctx.db.mutation(refs(s.ballots).consume, { owner: ctx.userId }))
  if (ballot.allowed) return
  throw new NoboilError('RATE_LIMITED', 'That was a lot of ballots. Take a breath.', {
    retryAfter: ballot.retryAfter ?? ballot.durationMs,
    max: ballot.limit,
    windowMs: ballot.durationMs,
  })
}
