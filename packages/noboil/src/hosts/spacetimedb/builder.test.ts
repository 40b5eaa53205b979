/** Modules that are made table by table. */
import { expect, it, vi } from 'vitest'
import { createModuleHost, type ModuleHost } from '../../exports/spacetimedb-testing.ts'

/** Modules are bundled, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 60_000 })

const open = (lines: string): Promise<ModuleHost> =>
  createModuleHost({
    entry: {
      folder: import.meta.dirname,
      source: `
        import * as z from 'zod/v4'
        import * as noboil from '../../exports/spacetimedb.ts'
        const spacetimedb = noboil.buildModule()
        ${lines}
        export default spacetimedb.build()`,
    },
  })

it('each factory has a maker, and what it made is told by its names on the wire', async () => {
  const host = await open(`
    const made = [
      noboil.makeOwned(spacetimedb, { tableName: 'poll', fields: z.object({ title: z.string() }), pub: true }),
      noboil.makeChild(spacetimedb, { tableName: 'comment', parentTable: 'poll', fields: { text: z.string() }, create: 'readers' }),
      noboil.makeLog(spacetimedb, { tableName: 'vote', parentTable: 'poll', fields: { option: z.number() } }),
      noboil.makeKv(spacetimedb, { tableName: 'banner', fields: { text: z.string() }, writeRole: true, keys: ['top'] }),
      noboil.makeSingleton(spacetimedb, { tableName: 'profile', fields: { name: z.string() } }),
      noboil.makeQuota(spacetimedb, { tableName: 'ballots', limit: 2, durationMs: 60_000 }),
      noboil.makeCacheCrud(spacetimedb, { tableName: 'movie', keyField: 'id2', fields: { id2: z.string() } }),
    ]
    for (const { tables, reducers } of made) console.log(JSON.stringify([tables, Object.keys(reducers)]))
    console.log(JSON.stringify(made[2].reducers.append_vote))
  `)
  const said = host.logs.map(({ message }) => JSON.parse(message) as unknown)
  expect(said).toHaveLength(8)
  expect(said[2]).toEqual([
    { vote: { public: 'vote', own: 'my_vote' } },
    [
      'append_vote',
      'bulk_append_vote',
      'update_vote',
      'rm_vote',
      'bulk_rm_vote',
      'purge_vote_by_parent',
      'restore_vote_by_parent',
    ],
  ])
  expect(said.slice(4, 7)).toEqual([
    [{ profile: { own: 'my_profile' } }, ['upsert_profile']],
    [{ ballots: {} }, ['record_ballots', 'consume_ballots']],
    [
      { movie: { public: 'movie' } },
      ['load_movie', 'refresh_movie', 'invalidate_movie', 'purge_movie'],
    ],
  ])
  expect(said[7]).toEqual({
    path: 'vote.append',
    parameters: ['parent', 'idempotencyKey', 'expectedSeq', 'option'],
  })
  const { reducers } = host.bindings() as unknown as { reducers: object }
  expect(Object.keys(reducers)).toEqual(
    expect.arrayContaining(['create_comment', 'upsert_profile', 'consume_ballots', 'load_movie']),
  )
  host.as('ann').call('create_poll', { title: 'Tea?' })
  const [poll] = host.as('eve').rows('poll')
  host.as('bob').call('append_vote', { parent: poll?._id, option: 1 })
  expect(host.as('eve').rows('vote')).toMatchObject([{ seq: 1, option: 1 }])
  expect(() => host.as('ann').call('set_banner', { key: 'bottom', text: 'x' })).toThrow(
    /^INVALID_KEY/,
  )
  await host.close()
})

it.each([
  [
    'two tables of one name',
    `noboil.makeKv(spacetimedb, { tableName: 'a', fields: { x: z.string() } })
     noboil.makeOwned(spacetimedb, { tableName: 'a', fields: { x: z.string() } })`,
    /There are two tables called 'a'/,
  ],
  [
    'a parent that was never made',
    `noboil.makeLog(spacetimedb, { tableName: 'vote', parentTable: 'poll', fields: { x: z.string() } })`,
    /'vote'.*'poll'/,
  ],
  [
    'a table of another copy of spacetimedb',
    `noboil.makeKv(spacetimedb, { tableName: 'a', fields: { x: z.string() }, table: () => {} })`,
    /install spacetimedb once/,
  ],
  [
    'a table after it was built',
    `spacetimedb.build(); noboil.makeKv(spacetimedb, { tableName: 'a', fields: { x: z.string() } })`,
    /Table 'a' comes too late/,
  ],
])('a module with %s does not load', async (_what, lines, sentence) => {
  await expect(open(lines)).rejects.toThrow(sentence)
})
