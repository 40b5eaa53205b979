import { noboil } from 'noboil/spacetimedb'
import { s } from './schema.ts'

const spacetimedb = noboil({
  tables: ({ table }) => ({
    poll: table(s.poll, { pub: 'isPublic' }),
    vote: table(s.vote, { pub: 'isPublic' }),
    siteConfig: table(s.siteConfig),
  }),
})

// oxlint-disable-next-line import/no-default-export -- a module is its default export
export default spacetimedb
