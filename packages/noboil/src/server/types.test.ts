import { describe, expect, expectTypeOf, test } from 'vitest'
import { boolean, number, object, string } from 'zod/v4'
import { schema } from '../exports/schema.ts'
import type { ArgsOf } from '../schema/reference.ts'
import { refs } from './refs.ts'
import type { OptionsOf, WireTable } from '../factories/wiring.ts'
import type { TablesApi } from './types.ts'
import { wire } from '../factories/tables.ts'

const s = schema({
  owned: {
    poll: object({ question: string(), isPublic: boolean(), rank: number(), area: string() }),
  },
  log: { vote: { parent: 'poll', schema: object({ optionIdx: number(), voter: string() }) } },
  kv: { site: { keys: ['banner', 'notice'] as const, schema: object({ text: string() }) } },
  base: { movie: object({ tmdbId: number(), title: string(), tags: string().array() }) },
  quota: { ballots: { limit: 3, durationMs: 1000 } },
})

const table = wire as unknown as WireTable

describe('wiring a table', () => {
  test('types hooks by the table', () => {
    table(s.vote, {
      softDelete: true,
      pub: 'isPublic',
      hooks: {
        beforeAppend: async (ctx, { parent, payload }) => {
          expectTypeOf(parent).toEqualTypeOf<string>()
          expectTypeOf(payload).toEqualTypeOf<{ optionIdx: number; voter: string }>()
          expectTypeOf(ctx.user._id).toExtend<string>()
          return { ...payload, voter: ctx.user._id }
        },
        // @ts-expect-error a payload has these fields
        beforeUpdate: async () => ({ optionIdx: 'first' }),
      },
      // @ts-expect-error only fields are counted
      counts: ['nope'],
    })
    expect(true).toBe(true)
  })

  test('types a fetcher, its key and its hook by the table', () => {
    table(s.movie, {
      key: 'tmdbId',
      ttl: 1_000,
      fetcher: async (ctx, key) => {
        expectTypeOf(key).toEqualTypeOf<string>()
        expectTypeOf(ctx.signal).toEqualTypeOf<AbortSignal>()
        expectTypeOf(ctx.previous?.title).toEqualTypeOf<string | undefined>()
        if (key === '') return null
        if (ctx.previous !== null) return ctx.unchanged
        return { tmdbId: Number(key), title: '', tags: [] }
      },
      hooks: {
        onFetch: (data) => {
          expectTypeOf(data).toEqualTypeOf<{ tmdbId: number; title: string; tags: string[] }>()
          return data
        },
      },
    })
    // @ts-expect-error a list is no key
    table(s.movie, { key: 'tags' })
    // @ts-expect-error a whole row
    table(s.movie, { key: 'tmdbId', fetcher: async () => ({ tmdbId: 7 }) })
    const tables = { movie: table(s.movie, { key: 'tmdbId' }) }
    type Movie = TablesApi<typeof tables>['movie']
    expectTypeOf<Parameters<Movie['load']>[0]>().toEqualTypeOf<{ key: string }>()
    expectTypeOf<Awaited<ReturnType<Movie['load']>>['title']>().toEqualTypeOf<string>()
    expectTypeOf<Movie['refresh']['kind']>().toEqualTypeOf<'action'>()
    expectTypeOf<Awaited<ReturnType<Movie['get']>>>().toBeNullable()
    expect(tables.movie.options).toEqual({ key: 'tmdbId' })
  })

  test('refuses what is not an option of its factory', () => {
    // @ts-expect-error 'ttl' is not an option of a log table.
    table(s.vote, { softDelete: true, ttl: 5 })
    // @ts-expect-error 'counts' is not an option of a kv table.
    table(s.site, { softDelete: true, counts: ['text'] })
    // @ts-expect-error 'softDelete' is not an option of a base table.
    table(s.movie, { key: 'tmdbId', softDelete: true })
    expect(true).toBe(true)
  })

  test('is public by a boolean field alone', () => {
    const flags = schema({
      owned: {
        note: object({ text: string(), shown: boolean().optional(), hidden: boolean().nullable() }),
        bare: object({ text: string() }),
      },
    })
    table(s.poll, { pub: 'isPublic' })
    table(s.poll, { pub: true })
    table(s.poll, { pub: { where: { area: 'a' } } })
    table(flags.note, { pub: 'shown' })
    table(flags.note, { pub: 'hidden' })
    table(flags.bare, { pub: true })
    // @ts-expect-error 'question' is a text
    table(s.poll, { pub: 'question' })
    // @ts-expect-error 'rank' is a number
    table(s.poll, { pub: 'rank', softDelete: true })
    // @ts-expect-error there is no such field
    table(s.poll, { pub: 'nope' })
    // @ts-expect-error it has no boolean field
    table(flags.bare, { pub: 'text' })
    type Bare = Exclude<NonNullable<OptionsOf<typeof flags.bare>['pub']>, true | object>
    expectTypeOf<Bare>().toEqualTypeOf<'pub names a boolean field, and this table has none; write pub: true to show every row.'>()
    expect(true).toBe(true)
  })

  test('gives each table its functions', () => {
    const tables = {
      poll: table(s.poll),
      vote: table(s.vote, { pub: 'isPublic' }),
      site: table(s.site),
      ballots: table(s.ballots),
    }
    type Api = TablesApi<typeof tables>
    type Args<name extends keyof Api['vote']> = Api['vote'][name] extends (
      args: infer args,
    ) => unknown
      ? args
      : never
    expectTypeOf<Args<'append'>['payload']>().toEqualTypeOf<{ optionIdx: number; voter: string }>()
    expectTypeOf<ReturnType<Api['vote']['append']>>().toEqualTypeOf<
      Promise<{ readonly seq: number; readonly created: boolean }>
    >()
    expectTypeOf<Api['vote']['pub']>().not.toEqualTypeOf<undefined>()
    expectTypeOf<Parameters<Api['site']['get']>[0]['key']>().toEqualTypeOf<'banner' | 'notice'>()
    expect(Object.keys(tables)).toHaveLength(4)
  })

  test('lets be filtered, ordered, searched and counted by what its options declare', () => {
    const poll = {
      bare: table(s.poll),
      indexed: table(s.poll, { search: 'question', index: ['isPublic', ['rank', 'area']] }),
    }
    type Polls = TablesApi<typeof poll>
    type List = Parameters<Polls['indexed']['list']>[0]
    const paginationOpts = { numItems: 1, cursor: null }
    const where = { isPublic: true, rank: { $gt: 1 }, area: 'a' }
    const lists: List[] = [
      { paginationOpts, where, orderBy: 'rank' },
      // @ts-expect-error 'question' is not indexed
      { paginationOpts, where: { question: 'x' } },
      // @ts-expect-error 'question' is not indexed
      { paginationOpts, orderBy: 'question' },
    ]
    const bare: Parameters<Polls['bare']['list']>[0] = {
      paginationOpts,
      // @ts-expect-error 'poll' indexes no field
      where: { isPublic: true },
    }
    type Unindexed =
      "'poll' indexes no field; name those to filter and order by in its option 'index'."
    expectTypeOf(bare.orderBy).toEqualTypeOf<Unindexed | undefined>()
    expectTypeOf<Parameters<Polls['indexed']['search']>[0]['query']>().toEqualTypeOf<string>()
    expectTypeOf<
      Parameters<Polls['bare']['auth']['search']>[0]['query']
    >().toEqualTypeOf<"'poll' has no search; name a field in its option 'search'.">()
    const vote = { counted: table(s.vote, { counts: ['optionIdx'] }), bare: table(s.vote) }
    type Votes = TablesApi<typeof vote>
    expectTypeOf<Parameters<Votes['counted']['counts']>[0]['field']>().toEqualTypeOf<'optionIdx'>()
    expectTypeOf<
      Parameters<Votes['bare']['counts']>[0]['field']
    >().toEqualTypeOf<"'vote' counts no field; name it in its option 'counts'.">()
    expect([lists, bare]).toHaveLength(2)
  })

  test('without pub has no public reads', () => {
    const tables = { vote: table(s.vote, { softDelete: true }) }
    expectTypeOf<TablesApi<typeof tables>['vote']['pub']>().toEqualTypeOf<undefined>()
    expect(tables.vote.table.name).toBe('vote')
  })
})

describe('references', () => {
  test('carry paths and types', () => {
    expect(refs(s.vote).append.path).toBe('vote.append')
    expect(refs(s.vote).auth.list.path).toBe('vote.auth.list')
    expectTypeOf(refs(s.ballots).consume.kind).toEqualTypeOf<'mutation'>()
    // Options are the server's: references let everything be asked for.
    const poll = refs(s.poll)
    type Field = keyof NonNullable<ArgsOf<typeof poll.list>['where']>
    expectTypeOf<Field>().toEqualTypeOf<'question' | 'isPublic' | 'rank' | 'area'>()
  })

  test('are not callable and not thenable', async () => {
    const ref: unknown = refs(s.vote).append
    expect(await ref).toBe(ref)
    // @ts-expect-error a reference is not the function
    expect(() => refs(s.vote).append({})).toThrow('is not a function')
  })
})
