/** The module of the authorisation matrix. */
import { noboil } from '../../exports/spacetimedb.ts'
import { matrixSchema as s } from './matrix.schema.fixture.ts'

// oxlint-disable-next-line import/no-default-export -- a module is its default export
export default noboil({
  tables: ({ table }) => ({
    poll: table(s.poll, {
      pub: 'isPublic',
      softDelete: true,
      members: 'memberIds',
      withAuthor: true,
    }),
    page: table(s.page, { pub: { where: { state: 'published' } } }),
    diary: table(s.diary),
    vote: table(s.vote, { softDelete: true, withAuthor: true }),
    entry: table(s.entry),
    comment: table(s.comment, { softDelete: true, create: 'readers', withAuthor: true }),
    banner: table(s.banner, { softDelete: true }),
    profile: table(s.profile),
  }),
})
