import { expect, it, vi } from 'vitest'
import { createModuleHost, type ModuleHost } from '../../exports/spacetimedb-testing.ts'

/** A module is bundled once per file, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 60_000 })

/** A module with these limits. Its `spoil` has an index begin at a node that is not there. */
const open = (limits: string): Promise<ModuleHost> =>
  createModuleHost({
    entry: {
      folder: import.meta.dirname,
      source: `
        import { t } from 'spacetimedb/server'
        import * as z from 'zod/v4'
        import { schema } from '../../exports/spacetimedb-schema.ts'
        import { noboil } from '../../exports/spacetimedb.ts'
        const s = schema({
          owned: { poll: z.object({ title: z.string() }) },
          log: { vote: { parent: 'poll', schema: z.object({ n: z.number() }) } },
        })
        const module = noboil({
          limits: ${limits},
          tables: ({ table }) => ({ poll: table(s.poll), vote: table(s.vote) }),
        })
        export default module
        export const spoil = module.reducer({ name: t.string() }, (ctx, { name }) => {
          ctx.db._roots.name.update({ name, node: 1_000_000n })
        })`,
    },
  })

const errors = (host: ModuleHost): readonly string[] =>
  host.logs.flatMap(({ level, message }) => (level === 'error' ? [message] : []))

it('a view whose rows cannot be read shows nothing, and the log says why', async () => {
  const host = await open('{}')
  const ann = host.as('ann')
  ann.call('create_poll', { title: 'Tea?', _request: 'poll' })
  expect(ann.rows('my_poll')).toHaveLength(1)
  const root = host.tables('_roots').find(({ name }) => String(name).startsWith('poll/by_user'))
  host.call('spoil', { name: root?.['name'] })
  expect(ann.rows('my_poll')).toEqual([])
  expect(errors(host)).toEqual([
    expect.stringMatching(/^The view my_poll shows nothing, since .* failed: .*lacks a node/),
  ])
  await host.close()
})

it('a view shows as many rows as a page of its table may have', async () => {
  const host = await open('{ maxPageRows: 2 }')
  const ann = host.as('ann')
  for (const title of ['a', 'b', 'c']) ann.call('create_poll', { title, _request: title })
  expect(ann.rows('my_poll').map(({ title }) => title)).toEqual(['c', 'b'])
  expect(ann.rows('my_vote')).toEqual([])
  expect(errors(host)).toEqual([])
  await host.close()
})
