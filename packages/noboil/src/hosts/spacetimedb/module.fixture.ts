/** A module for this folder's tests: a table of each kind, public and private rows. */
import { noboil } from '../../exports/spacetimedb.ts'
import { answered } from './contexts.ts'
import { fetchSync } from './fetching.ts'
import { schemaOfFixture as s } from './schema.fixture.ts'

// oxlint-disable-next-line import/no-default-export -- a module is its default export
export default noboil({
  tables: ({ table }) => ({
    poll: table(s.poll, { pub: 'isPublic', softDelete: true }),
    vote: table(s.vote, {
      softDelete: true,
      counts: ['optionIdx'],
      hooks: {
        beforeAppend: (ctx, { parent, payload }) => {
          const poll = answered(ctx.db.get(parent as never)) as unknown as { title: string }
          if (payload.voter !== 'late') return { ...payload, voter: poll.title }
          return Promise.resolve(payload)
        },
      },
    }),
    comment: table(s.comment, { create: 'readers' }),
    banner: table(s.banner, { softDelete: true }),
    profile: table(s.profile),
    ballots: table(s.ballots),
    movie: table(s.movie, {
      key: 'tmdbId',
      ttl: 60_000,
      fetcher: (_ctx, key) => fetchSync(`https://films.test/${key}`).json() as never,
    }),
  }),
})
