/** What the module of this folder's tests declares, for the side that calls it. */
import { boolean, enum as zenum, number, object, record, string } from 'zod/v4'
import { schema } from '../../schema/define.ts'

export const schemaOfFixture = schema({
  owned: { poll: object({ title: string(), isPublic: boolean().default(false) }) },
  log: {
    vote: {
      parent: 'poll',
      schema: object({
        optionIdx: number(),
        voter: string().optional(),
        where: object({ town: string(), floor: number().optional() }).nullable().default(null),
        labels: record(string(), number()).optional(),
      }),
    },
  },
  child: { comment: { parent: 'poll', schema: object({ text: string() }) } },
  kv: {
    banner: {
      schema: object({ message: string(), kind: zenum(['info', 'alarm']).default('info') }),
      writeRole: true,
    },
  },
  singleton: { profile: object({ name: string() }) },
  quota: { ballots: { limit: 2, durationMs: 60_000 } },
  base: { movie: object({ tmdbId: number(), title: string() }) },
})
