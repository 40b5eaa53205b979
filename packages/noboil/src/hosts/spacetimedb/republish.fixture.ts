/** Modules that are published again with other options, and calls of them. */
import type { ModuleHost } from '../../exports/spacetimedb-testing.ts'
import { answerTo } from '../../schema/spacetimedb/calls.ts'
import { bundleModule, type ModuleBundle } from '../../standins/spacetimedb/bundle.ts'

/** A module of polls and their votes, with these options. */
export const moduleWith = (poll: string, vote = ''): Promise<ModuleBundle> =>
  bundleModule({
    folder: import.meta.dirname,
    source: `
      import * as z from 'zod/v4'
      import { schema, zid } from '../../exports/spacetimedb-schema.ts'
      import { noboil } from '../../exports/spacetimedb.ts'
      const s = schema({
        owned: { poll: z.object({ title: z.string(), isPublic: z.boolean(), editors: z.array(zid('users')).optional() }) },
        log: { vote: { parent: 'poll', schema: z.object({ n: z.number(), m: z.number().optional() }) } },
      })
      export default noboil({
        tables: ({ table }) => ({ poll: table(s.poll, { ${poll} }), vote: table(s.vote, { ${vote} }) }),
      })`,
  })

/** What a reducer answers Ann. */
export function ask<answer>(host: ModuleHost, reducer: string, args: object): answer {
  const request = `${reducer} ${host.tables('_results').length}`
  host.as('ann').call(reducer, { ...args, _request: request })
  return answerTo(host.as('ann').rows('my_results'), request)?.value as answer
}
