/** Tables of every factory, as tests of the Convex host deploy them. */
import { array, boolean, number, object, record, string } from 'zod/v4'
import type { WireTable } from '../../factories/wiring.ts'
import { schema } from '../../schema/define.ts'
import { zid } from '../../schema/fields.ts'

export const s = schema({
  owned: {
    poll: object({
      title: string(),
      slug: string().optional(),
      isPublic: boolean().default(false),
      memberIds: array(zid('users')).default([]),
      labels: record(string(), number()).optional(),
    }),
    tag: object({ name: string() }),
  },
  log: {
    vote: { parent: 'poll', schema: object({ option: string() }) },
    event: { parent: 'poll', schema: object({ body: string() }) },
  },
  child: { comment: { parent: 'poll', schema: object({ text: string() }) } },
  kv: {
    banner: {
      keys: ['banner', 'other'] as const,
      schema: object({ message: string() }),
      writeRole: (ctx) => ctx.user?.role === 'admin',
    },
    status: { schema: object({ ok: boolean() }) },
  },
  singleton: { profile: object({ name: string() }) },
  quota: { ballots: { limit: 2, durationMs: 1_000 } },
})

export const tables = ({ table }: { readonly table: WireTable }) => ({
  poll: table(s.poll, {
    members: 'memberIds',
    unique: ['slug'],
    search: 'title',
    pub: 'isPublic',
  }),
  tag: table(s.tag, { unique: ['name'] }),
  vote: table(s.vote, { counts: ['option'], pub: 'isPublic', search: 'option' }),
  event: table(s.event, { softDelete: true, rateLimit: 5 }),
  comment: table(s.comment),
  banner: table(s.banner),
  status: table(s.status),
  profile: table(s.profile),
  ballots: table(s.ballots),
})
