/** What is refused with a sentence: modules that cannot be, and calls that may not be. */
import { expect, it, vi } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import { createModuleHost, type ModuleHost } from '../../exports/spacetimedb-testing.ts'
import { answerTo } from '../../schema/spacetimedb/calls.ts'
import { openRig } from './app.fixture.ts'

/** A module is bundled once per file, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 60_000 })

/** A module with these slots of a schema and these tables. */
const moduleOf = (slots: string, tables: string): { source: string; folder: string } => ({
  folder: import.meta.dirname,
  source: `
    import * as z from 'zod/v4'
    import { file, schema } from '../../exports/spacetimedb-schema.ts'
    import { fetchSync, noboil } from '../../exports/spacetimedb.ts'
    const s = schema({ ${slots} })
    export default noboil({ tables: ({ table }) => ({ ${tables} }) })`,
})

const open = (slots: string, tables: string): Promise<ModuleHost> =>
  createModuleHost({ entry: moduleOf(slots, tables) })

const poll = `owned: { poll: z.object({ title: z.string() }) }`

it.each([
  [
    'a type that no host stores',
    `owned: { poll: z.object({ at: z.date() }) }`,
    `poll: table(s.poll)`,
    /Table 'poll': field 'at' is of type 'date', .*; store milliseconds/,
  ],
  [
    'files',
    `owned: { poll: z.object({ shots: z.array(z.object({ image: file() })) }) }`,
    `poll: table(s.poll)`,
    /Table 'poll': field 'shots' holds files, which SpacetimeDB does not keep; keep a URL/,
  ],
  [
    'two reducers of one name',
    `${poll}, log: { vote: { parent: 'poll', schema: z.object({ n: z.number() }) } },
     base: { vote_by_parent: z.object({ id2: z.string() }) }`,
    `poll: table(s.poll), vote: table(s.vote), vote_by_parent: table(s.vote_by_parent, { key: 'id2' })`,
    /A reducer of 'vote_by_parent' and a reducer of 'vote' would both be called 'purge_vote_by_parent'; rename/,
  ],
  [
    'two reducers that are one to clients',
    `kv: { siteConfig: { schema: z.object({ a: z.string() }) }, site_config: { schema: z.object({ a: z.string() }) } }`,
    `siteConfig: table(s.siteConfig), site_config: table(s.site_config)`,
    /A reducer of 'site_config' and a reducer of 'siteConfig' would both be called 'setSiteConfig'; rename/,
  ],
  [
    'a table called as a view',
    `owned: { poll: z.object({ title: z.string() }), my_poll: z.object({ title: z.string() }) }`,
    `poll: table(s.poll), my_poll: table(s.my_poll)`,
    /my_poll'; rename a table/,
  ],
  [
    'a table called as a view of every module',
    `owned: { my_results: z.object({ title: z.string() }) }`,
    `my_results: table(s.my_results)`,
    /Table 'my_results' and a view of every module would both be called 'my_results'/,
  ],
  [
    'a table called as that of people',
    `kv: { users: { schema: z.object({ a: z.string() }) } }`,
    `users: table(s.users)`,
    /'users' is noboil's own table/,
  ],
  [
    'nested objects whose types would have one name',
    `owned: {
       a: z.object({ b_c: z.object({ x: z.string() }) }),
       a_b: z.object({ c: z.object({ y: z.number() }) }),
     }`,
    `a: table(s.a), a_b: table(s.a_b)`,
    /Two nested objects of different shapes would be types called 'a_b_c'/,
  ],
  [
    'a field called as a parameter',
    `${poll}, log: { vote: { parent: 'poll', schema: z.object({ idempotency_key: z.string() }) } }`,
    `poll: table(s.poll), vote: table(s.vote)`,
    /Table 'vote': field 'idempotency_key' is a parameter of append_vote/,
  ],
  [
    'a log whose parent is not there',
    `log: { vote: { parent: 'poll', schema: z.object({ n: z.number() }) } }`,
    `vote: table(s.vote)`,
    /'vote'.*'poll'/,
  ],
])('a module with %s does not load', async (_what, slots, tables, sentence) => {
  await expect(open(slots, tables)).rejects.toThrow(sentence)
})

it('a nested object whose fields have names that no type takes is kept all the same', async () => {
  const host = await open(
    `singleton: { profile: z.object({ links: z.object({ 'home page': z.string() }) }) }`,
    `profile: table(s.profile)`,
  )
  const links = { 'home page': 'https://example.org' }
  host.as('ann').call('upsert_profile', { links: JSON.stringify(links), _request: '1' })
  expect(answerTo(host.as('ann').rows('my_results'), '1')?.value).toMatchObject({ links })
  await host.close()
})

it('a fetcher that waits without being async fails, the log says why, and nothing is kept', async () => {
  const host = await open(
    `base: { movie: z.object({ tmdbId: z.number(), title: z.string() }) }`,
    `movie: table(s.movie, { key: 'tmdbId', fetcher: (_ctx, key) => Promise.resolve({ tmdbId: Number(key), title: '' }) })`,
  )
  host.as('ann').call('load_movie', { key: '7', _request: '1' })
  host.advance(1)
  const answer = answerTo(host.as('ann').rows('my_results'), '1')?.value
  expect(answer).toMatchObject({ failed: { code: 'FETCH_FAILED' } })
  expect(host.logs.map(({ message }) => message).join('\n')).toMatch(
    /movie 7: .*The fetcher returned a promise, but procedures do not wait/,
  )
  expect(host.as('eve').rows('movie')).toEqual([])
  await host.close()
})

it('a source is waited for as long as the table says', async () => {
  const host = await open(
    `base: { movie: z.object({ tmdbId: z.number(), title: z.string() }) }`,
    `movie: table(s.movie, {
       key: 'tmdbId', fetchTimeoutMs: 1_500,
       fetcher: (_ctx, key) => fetchSync('https://films.test/' + key).json(),
     })`,
  )
  const waits: number[] = []
  host.stubHttp(({ timeoutMs }) => {
    waits.push(timeoutMs)
    return { body: '{"tmdbId":7,"title":"Film"}' }
  })
  host.as('ann').call('load_movie', { key: '7' })
  host.advance(1)
  expect(waits).toEqual([1_500])
  expect(host.as('eve').rows('movie')).toMatchObject([{ key: '7' }])
  await host.close()
})

it('a client may call nothing that is for the server, and nothing changes', async () => {
  const rig = await openRig()
  const before = rig.host.tables('_rows_users')
  const eve = rig.host.as('eve')
  const person = JSON.stringify({ _id: 'users.eve', name: 'Eve', role: 'admin' })
  const codes = [
    () => eve.call('put_users', { args: person }),
    () => eve.call('remove_users', { args: '{"userId":"users.ann"}' }),
    () => eve.call('invalidate_movie', { key: '7' }),
    () => eve.call('purge_movie', { keys: undefined }),
  ].map((call) => {
    try {
      call()
    } catch (error) {
      return errorCode(error)
    }
    return 'done'
  })
  expect(codes).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'])
  const at = { tag: 'Time', value: { microsSinceUnixEpoch: 0n } }
  for (const name of ['run_tick', 'move_rows', 'expire_result', 'on_publish']) {
    expect(() => eve.call(name, { row: { id: 1n, at } })).toThrow(/\w/)
  }
  for (const name of ['run_flows', 'run_request']) {
    expect(() => eve.procedure(name, { row: { id: 1n, at } })).toThrow(/\w/)
  }
  expect(rig.host.tables('_rows_users')).toEqual(before)
  expect(eve.rows('my_results')).toEqual([])
})

it('arguments that are no JSON, of the wrong type or too many are refused by their path', async () => {
  const rig = await openRig()
  const eve = rig.host.as('eve')
  expect(() => eve.procedure('list_poll', { args: '{' })).toThrow(/VALIDATION_FAILED: args: /)
  expect(() => eve.procedure('list_poll', { args: '[]' })).toThrow(/VALIDATION_FAILED/)
  expect(() => eve.call('set_banner', { key: 'a', message: 'x\0', kind: 'info' })).toThrow(
    /VALIDATION_FAILED: .*message/,
  )
  expect(() => eve.call('set_banner', { key: 'a', message: 'x', kind: 'none' })).toThrow(
    /VALIDATION_FAILED: .*kind/,
  )
  expect(() => eve.call('append_vote', { parent: 'poll.none', optionIdx: NaN })).toThrow(
    /VALIDATION_FAILED: .*optionIdx/,
  )
  const { _id: parent } = rig.call('ann', 'poll.create', {
    payload: { title: 'Tea?', isPublic: true },
  })
  expect(() => eve.call('append_vote', { parent, optionIdx: 1, labels: '{' })).toThrow(
    /VALIDATION_FAILED: payload.labels: Must be JSON/,
  )
  expect(() =>
    eve.call('bulk_append_vote', { parent, items: [{ optionIdx: 1, labels: 'x' }] }),
  ).toThrow(/VALIDATION_FAILED: items\[0\].labels: Must be JSON/)
  expect(rig.host.logs).toEqual([])
  expect(rig.sees('eve', 'banner')).toEqual([])
})
