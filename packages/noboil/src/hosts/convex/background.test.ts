import { describe, expect, test, vi } from 'vitest'
import { number, object, record, string } from 'zod/v4'
import { errorCode } from '../../errors/match.ts'
import { makeBase, schema } from '../../schema/define.ts'
import { s, tables } from './app.fixture.ts'
import { deploy, type Deployed } from './deploy.fixture.ts'
import { Journal } from './journal.ts'

interface Made {
  readonly _id: string
}

const create = async (app: Deployed<unknown>, user: string, title = 'Tea'): Promise<string> =>
  ((await app.call('poll:create', { payload: { title } }, user)) as Made)._id

const count = (app: Deployed<unknown>, table: string): Promise<number> =>
  app.test.run(async (ctx) => (await ctx.db.query(table).collect()).length)

describe('a sweep', () => {
  test('removes what a purge has hidden, more than one transaction takes', async () => {
    const app = deploy(tables, { limits: { maxSweepRows: 20 } })
    const ann = await app.person('ann')
    const parent = await create(app, ann)
    const items = Array.from({ length: 90 }, () => ({ option: 'a' }))
    await app.call('vote:appendBulk', { parent, items }, ann)
    expect(await app.call('vote:purgeByParent', { parent }, ann)).toEqual({ deleted: 90 })
    expect(await app.call('vote:listAfter', { parent, seq: 0 }, ann)).toEqual([])
    expect(await count(app, 'vote')).toBe(90)
    await app.idle()
    expect(await count(app, 'vote')).toBe(0)
    const next = { parent, payload: { option: 'b' } }
    expect(await app.call('vote:append', next, ann)).toEqual({ seq: 91, created: true })
  })

  test('takes no more rows than Convex has room for, were they as large as they may be', async () => {
    const app = deploy(({ table }) => ({ poll: table(s.poll), vote: table(s.vote) }))
    const ann = await app.person('ann')
    const parent = await create(app, ann)
    const payload = { option: 'x'.repeat(200_000) }
    for (let vote = 0; vote < 90; vote++) await app.call('vote:append', { parent, payload }, ann)
    expect(await app.call('vote:purgeByParent', { parent }, ann)).toEqual({ deleted: 90 })
    await app.idle()
    expect(await count(app, 'vote')).toBe(0)
  })

  test('takes what hung under a removed row, its bookkeeping too', async () => {
    const app = deploy(tables)
    const ann = await app.person('ann')
    const parent = await create(app, ann)
    await app.call('vote:append', { parent, payload: { option: 'a' } }, ann)
    await app.call('comment:create', { parent, payload: { text: 'a' } }, ann)
    await app.call('poll:rm', { id: parent }, ann)
    await app.idle()
    for (const table of ['poll', 'vote', 'comment', 'noboil_logCounters', 'noboil_logCounts']) {
      expect([table, await count(app, table)]).toEqual([table, 0])
    }
  })

  test('of rate limits removes windows that are empty again, however many', async () => {
    const app = deploy(tables, { limits: { maxSweepRows: 2 } })
    for (const name of ['ann', 'bob', 'eve']) {
      await app.call('ballots:consume', {}, await app.person(name))
    }
    await app.call('noboil:sweep', {})
    await app.idle()
    expect(await count(app, 'noboil_windows')).toBe(3)
    vi.setSystemTime(Date.now() + 2_000)
    await app.call('noboil:sweep', {})
    await app.idle()
    expect([await count(app, 'noboil_windows'), await count(app, 'noboil_windowStamps')]).toEqual([
      0, 0,
    ])
  })
})

describe('a bulk call', () => {
  test('reads what its rows have in common once', async () => {
    const app = deploy(tables, { maxReads: 110 })
    const ann = await app.person('ann')
    const parent = await create(app, ann)
    const items = Array.from({ length: 100 }, () => ({ option: 'a' }))
    await app.call('vote:appendBulk', { parent, items }, ann)
    const votes = await app.test.run((ctx) => ctx.db.query('vote').collect())
    const ids = votes.map(({ _id }) => _id)
    expect(await app.call('vote:rmBulk', { ids }, ann)).toEqual({ count: 100 })
    const counts = { parent, field: 'option' }
    expect(await app.call('vote:counts', counts, ann)).toEqual({})
    expect(await app.call('vote:append', { parent, payload: { option: 'b' } }, ann)).toMatchObject({
      seq: 101,
    })
  })

  test('starts more in the background than one transaction may', async () => {
    const app = deploy(tables)
    const ann = await app.person('ann')
    const items = Array.from({ length: 40 }, () => ({ title: 'Tea' }))
    const { ids } = (await app.call('poll:createBulk', { items }, ann)) as { ids: string[] }
    const text = { parent: ids.at(-1), payload: { text: 'last' } }
    await app.call('comment:create', text, ann)
    expect(await app.call('poll:rmBulk', { ids }, ann)).toEqual({ count: 40 })
    const scheduled = await app.test.run((ctx) =>
      ctx.db.system.query('_scheduled_functions').collect(),
    )
    expect(scheduled.length).toBeLessThan(5)
    await app.idle()
    expect([await count(app, 'poll'), await count(app, 'comment')]).toEqual([0, 0])
  })
})

test('removing a person takes what they own, and what logs say of them, step by step', async () => {
  const app = deploy(tables, { limits: { maxSweepRows: 3 } })
  const [ann, bob] = [await app.person('ann'), await app.person('bob')]
  for (let poll = 0; poll < 5; poll++) await create(app, bob)
  const { _id: parent } = (await app.call(
    'poll:create',
    { payload: { title: 'Tea', memberIds: [bob] } },
    ann,
  )) as Made
  for (let vote = 0; vote < 8; vote++) {
    await app.call('vote:append', { parent, payload: { option: `o${vote}` } }, bob)
  }
  await app.call('profile:upsert', { payload: { name: 'Bob' } }, bob)
  expect(await app.call('users:remove', { userId: bob, erase: true })).toEqual({ removed: true })
  await app.idle()
  expect(await count(app, 'poll')).toBe(1)
  expect(await count(app, 'profile')).toBe(0)
  const rows = (await app.call('vote:listAfter', { parent, seq: 0 }, ann)) as { option: string }[]
  expect(rows.map(({ option }) => option)).toEqual(Array.from({ length: 8 }, () => ''))
})

const movies = schema({
  base: makeBase({ movie: object({ tmdbId: number(), title: string() }) }),
  owned: { poll: s.poll },
})

describe('a base table', () => {
  function cinema(options: { readonly staleWhileRevalidate?: boolean } = {}) {
    const fetched: string[] = []
    const app = deploy(tables, {
      base: [movies.movie],
      files: ({ cacheCrud }) => ({
        movie: cacheCrud({
          table: 'movie',
          schema: movies.movie,
          key: 'tmdbId',
          ttl: 1_000,
          ...options,
          fetcher: async (_ctx, key) => {
            fetched.push(key)
            await Promise.resolve()
            if (key === '404') return null
            if (key === '500') throw new Error('the source is down')
            return { tmdbId: Number(key), title: `film ${key}, take ${fetched.length}` }
          },
        }),
      }),
    })
    const load = (key: string) => app.call('movie:load', { key }) as Promise<{ title: string }>
    return { app, fetched, load }
  }

  test('fetches once for callers at once, and not again while the row is fresh', async () => {
    const { fetched, load } = cinema()
    const loading = Promise.all(Array.from({ length: 10 }, () => load('1')))
    await vi.advanceTimersByTimeAsync(600)
    const titles = (await loading).map(({ title }) => title)
    expect(new Set(titles)).toEqual(new Set(['film 1, take 1']))
    await load('1')
    expect(fetched).toEqual(['1'])
  })

  test('answers a stale row at once, and fetches in the background', async () => {
    const { app, fetched, load } = cinema({ staleWhileRevalidate: true })
    await load('1')
    vi.setSystemTime(Date.now() + 5_000)
    expect((await load('1')).title).toBe('film 1, take 1')
    await app.idle()
    expect(fetched).toEqual(['1', '1'])
    expect(await app.call('movie:get', { key: '1' })).toMatchObject({ title: 'film 1, take 2' })
  })

  test('says what the source has not, and that it failed, as error data', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { load } = cinema()
    expect(errorCode(await load('404').catch((error: unknown) => error))).toBe('NOT_FOUND')
    expect(errorCode(await load('500').catch((error: unknown) => error))).toBe('FETCH_FAILED')
    expect(errorCode(await load('x').catch((error: unknown) => error))).toBe('INVALID_KEY')
  })

  test('whose source answers what Convex cannot keep has failed, and is asked again', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { film } = schema({
      base: makeBase({ film: object({ name: string(), votes: record(string(), number()) }) }),
    })
    for (const key of ['\u2603', '$x', '_x', 'x'.repeat(1_025)]) {
      let answered: Record<string, number> = { [key]: 1 }
      const app = deploy(tables, {
        base: [film],
        files: ({ cacheCrud }) => ({
          film: cacheCrud({
            table: 'film',
            schema: film,
            key: 'name',
            fetcher: async (_ctx, name) => ({ name, votes: answered }),
          }),
        }),
      })
      const load = () => app.call('film:load', { key: 'a' })
      expect(errorCode(await load().catch((error: unknown) => error))).toBe('FETCH_FAILED')
      answered = { good: 1 }
      vi.setSystemTime(Date.now() + 2_000)
      expect(await load()).toMatchObject({ votes: { good: 1 } })
    }
  })

  test('that the schema of the deployment lacks is a defect whose log line says what to add', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const app = deploy(tables, {
      files: ({ cacheCrud }) => ({
        movie: cacheCrud({
          table: 'movie',
          schema: movies.movie,
          key: 'tmdbId',
          fetcher: async () => null,
        }),
      }),
    })
    const refused = await app.call('movie:get', { key: '1' }).catch((error: unknown) => error)
    expect(errorCode(refused)).toBe('INTERNAL')
    expect(logged.mock.calls[0]?.at(-1)).toContain('defineTables(tables, { base')
  })

  test('is written by internal functions alone where it has no writeRole', async () => {
    const { app, load } = cinema()
    await load('1')
    const file = app.modules.get('movie') as Record<string, { isPublic?: true }>
    const open = Object.keys(file).filter((name) => file[name]?.isPublic === true)
    expect(open).toEqual(['get', 'load', 'refresh'])
    expect(await app.call('movie:purge', {})).toEqual({ deleted: 1 })
    await app.idle()
    expect(await count(app, 'movie')).toBe(0)
  })
})

describe('a journal', () => {
  test('brings a flow to where it stood, failures included, and keeps equal answers once', () => {
    function* flow() {
      const heard: unknown[] = []
      for (;;) {
        try {
          heard.push(yield { step: 'wait', ms: heard.length } as const)
        } catch (error) {
          heard.push((error as Error).message)
        }
        if (heard.length > 1_002) return heard
      }
    }
    const journal = new Journal('[]')
    for (let step = 0; step < 1_000; step++) journal.add({ answer: 500 })
    journal.add({ error: { code: 'NOT_FOUND', message: 'gone' } })
    journal.add({ answer: { from: 3 } })
    const text = journal.text()
    expect(text.length).toBeLessThan(200)
    expect(new Journal(text).replay(flow())).toEqual({
      done: false,
      value: { step: 'wait', ms: 1_002 },
    })
    const again = new Journal(text)
    again.add({ answer: 1 })
    const { value } = again.replay(flow())
    expect((value as unknown[]).slice(-3)).toEqual(['gone', { from: 3 }, 1])
  })
})
