/** The tables of the authorisation matrix: public and private in each way that there is. */
import { array, boolean, enum as zenum, object, string } from 'zod/v4'
import { schema } from '../../schema/define.ts'
import { zid } from '../../schema/fields.ts'

export const matrixSchema = schema({
  owned: {
    poll: object({
      title: string(),
      isPublic: boolean().default(false),
      memberIds: array(zid('users')).default([]),
    }),
    page: object({ text: string(), state: zenum(['draft', 'published']).default('draft') }),
    diary: object({ text: string() }),
  },
  log: {
    vote: { parent: 'poll', schema: object({ text: string() }) },
    entry: { parent: 'diary', schema: object({ text: string() }) },
  },
  child: {
    comment: { parent: 'poll', schema: object({ text: string() }) },
  },
  kv: { banner: { schema: object({ text: string() }), writeRole: true } },
  singleton: { profile: object({ text: string() }) },
})
