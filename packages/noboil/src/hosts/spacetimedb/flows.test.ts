import { expect, it, vi } from 'vitest'
import { createModuleHost, type ModuleHost } from '../../exports/spacetimedb-testing.ts'

/** A module is bundled once per file, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 60_000 })

/** A module whose sweep of votes can be made to fail: `point` has their index begin at a node that is not there. */
const source = `
  import { t } from 'spacetimedb/server'
  import * as z from 'zod/v4'
  import { schema } from '../../exports/spacetimedb-schema.ts'
  import { noboil } from '../../exports/spacetimedb.ts'
  const s = schema({
    owned: { poll: z.object({ title: z.string() }) },
    log: { vote: { parent: 'poll', schema: z.object({ n: z.number() }) } },
  })
  const module = noboil({ tables: ({ table }) => ({ poll: table(s.poll), vote: table(s.vote) }) })
  export default module
  export const point = module.reducer({ node: t.u64() }, (ctx, { node }) => {
    ctx.db._roots.name.update({ name: 'vote/', node })
  })`

const hour = 3_600_000

it('a flow that fails is begun again after 2 minutes, and after twice as long each time, up to an hour', async () => {
  const host: ModuleHost = await createModuleHost({
    entry: { source, folder: import.meta.dirname },
  })
  const ann = host.as('ann')
  ann.call('create_poll', { title: 'Tea?', _request: 'poll' })
  const { value } = ann.rows('my_results')[0] as { value: string }
  const { _id: parent } = JSON.parse(value) as { _id: string }
  ann.call('append_vote', { parent, n: 1 })
  const root = host.tables('_roots').find(({ name }) => name === 'vote/')
  host.call('point', { node: 1_000_000n })
  ann.call('purge_vote_by_parent', { parent })
  const waits = () =>
    host.logs.flatMap(({ message }) => {
      const minutes = /^flow sweep:vote failed, and is begun again in (\d+) minutes: /.exec(message)
      return minutes === null ? [] : [Number(minutes[1])]
    })
  host.advance(5 * 60_000)
  expect(waits()).toEqual([2, 4])
  host.restart()
  host.advance(4 * hour)
  expect(waits()).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 60])

  host.call('point', { node: root?.['node'] })
  host.advance(hour + 60_000)
  expect(waits()).toHaveLength(9)
  for (const table of ['_rows_vote', '_rows__schedule', '_failures']) {
    expect([table, host.tables(table)]).toEqual([table, []])
  }
  await host.close()
})
