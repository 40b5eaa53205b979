/** The schema that the wiring samples mean by `s`. */
import { boolean, number, object, string } from 'zod/v4'
import { makeKv, schema } from 'noboil/schema'

/** `updatedBy` is what the sample's hook adds: a field that is not declared would be refused. */
const kv = makeKv({
  siteConfig: {
    keys: ['banner', 'maintenance'] as const,
    schema: object({ active: boolean(), message: string(), updatedBy: string().optional() }),
    writeRole: (ctx) => ctx.user?.role === 'admin',
  },
})

export const s = schema({
  kv,
  owned: { poll: object({ title: string(), isPublic: boolean() }) },
  log: { vote: { parent: 'poll', schema: object({ optionIdx: number(), voter: string() }) } },
})
